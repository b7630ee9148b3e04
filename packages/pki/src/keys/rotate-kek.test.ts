import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FileKeyStore } from './file-key-store.js';
import { filedKeks, givenKeks, openKeks } from './kek.js';
import type { KeyContext, StoredKey } from './key-store.js';
import { rewrapAll, rotateFiledKek } from './rotate-kek.js';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Keys as installations have them, every second one from before envelopes carried their context. */
const install = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-kek-'));
  folders.push(folder);
  const store = new FileKeyStore(folder, await openKeks(folder, {}));
  const wanted: [string, KeyContext][] = [
    ['ca-root-1', { tenant: null, purpose: 'ca-root', generation: 1 }],
    ['ca-device-north-sea-2', { tenant: 'north-sea', purpose: 'ca-device', generation: 2 }],
    ['sign-north-sea-release-1', { tenant: 'north-sea', purpose: 'release', generation: 1 }],
    ['sign-main-command-12', { tenant: 'main', purpose: 'command', generation: 12 }],
    ['named-otherwise', { tenant: 'main', purpose: 'command', generation: 13 }],
  ];
  const keys: { key: StoredKey; context: KeyContext }[] = [];
  for (const [n, [name, context]] of wanted.entries()) {
    keys.push({ key: await store.create(name, context, 'ES256'), context });
    const path = join(folder, `${name}.key`);
    const { context: _, ...old } = JSON.parse(readFileSync(path, 'utf8'));
    if (n % 2 === 1) writeFileSync(path, JSON.stringify(old));
  }
  const openAll = async (by = store): Promise<void> => {
    for (const { key, context } of keys)
      expect((await by.open(key.ref, context)).publicKey().equals(key.publicKey())).toBe(true);
  };
  return { folder, store, openAll, count: keys.length };
};

class Killed extends Error {}
const kill = (at: number) => {
  let step = 0;
  return () => {
    if (++step === at) throw new Killed();
  };
};

describe('a new key-encryption key', () => {
  it('opens every key afterwards, and nothing of the old one is left', async () => {
    const { folder, openAll, count } = await install();
    const old = readFileSync(join(folder, 'kek'));
    expect(await rotateFiledKek(folder)).toEqual({ keys: count, rewrapped: count, failed: [] });
    expect(readFileSync(join(folder, 'kek')).equals(old)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith('kek'))).toEqual(['kek']);
    await openAll();
    await openAll(new FileKeyStore(folder, filedKeks(folder)));
  });

  it('leaves every key to be opened by old or new, killed after whichever step, and goes on from there', async () => {
    const steps: string[] = [];
    await rotateFiledKek((await install()).folder, (step) => steps.push(step));
    for (let at = 1; at <= steps.length; at++) {
      const { folder, openAll } = await install();
      await expect(rotateFiledKek(folder, kill(at))).rejects.toThrow(Killed);
      await openAll();
      await openAll(new FileKeyStore(folder, filedKeks(folder)));
      await rotateFiledKek(folder);
      await openAll(new FileKeyStore(folder, filedKeks(folder)));
      expect(readdirSync(folder).filter((name) => name.startsWith('kek'))).toEqual(['kek']);
    }
    expect(steps.length).toBeGreaterThan(8);
  });

  it('reaches keys that a running process makes meanwhile', async () => {
    const { folder, store } = await install();
    const context = { tenant: 'main', purpose: 'trust', generation: 1 };
    const made: Promise<StoredKey>[] = [];
    await rotateFiledKek(folder, () => made.push(store.create(`meanwhile-${made.length}`, context, 'ES256')));
    for (const key of await Promise.all(made))
      expect((await new FileKeyStore(folder, filedKeks(folder)).open(key.ref, context)).ref).toBe(key.ref);
  });

  it('does not come into use while a file does not open, which is named and left as it was', async () => {
    const { folder } = await install();
    const path = join(folder, 'sign-main-command-12.key');
    const cut = readFileSync(path, 'utf8').slice(0, 100);
    writeFileSync(path, cut);
    const kek = readFileSync(join(folder, 'kek'), 'utf8');
    const report = await rotateFiledKek(folder);
    const why = 'this is no sealed key, or only a part of one';
    expect(report.failed).toEqual([{ name: 'sign-main-command-12.key', why }]);
    expect(readFileSync(path, 'utf8')).toBe(cut);
    expect(readFileSync(join(folder, 'kek'), 'utf8')).toBe(kek);
  });

  it('from the settings takes over from the one before it', async () => {
    const { folder, openAll } = await install();
    const [old, next] = [await filedKeks(folder).current(), Buffer.alloc(32, 5)];
    const both = await openKeks(folder, { kek: next.toString('base64'), kekPrevious: old.toString('base64') });
    await openAll(new FileKeyStore(folder, both));
    expect((await rewrapAll(folder, both)).failed).toEqual([]);
    await openAll(new FileKeyStore(folder, givenKeks(next)));
    expect(await rewrapAll(folder, both)).toMatchObject({ rewrapped: 0, failed: [] });
  });
});
