import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeKeyStore } from '@muster/testkit/key-store-contract';
import { afterAll, describe, expect, it } from 'vitest';
import { EnvelopeFault, rewrap, seal, unseal } from './envelope.js';
import { FileKeyStore } from './file-key-store.js';
import { loadKek } from './kek.js';

const context = { tenant: 'main', purpose: 'device', generation: 1 };
const folders: string[] = [];
const contractKek = randomBytes(32);
const contractFolder = mkdtempSync(join(tmpdir(), 'muster-keys-'));
folders.push(contractFolder);
const newFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-vault-'));
  folders.push(folder);
  return folder;
};
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

describeKeyStore('keys in sealed files', () => new FileKeyStore(contractFolder, contractKek));

describe('keys in sealed files', () => {
  it('gives back the same key after a restart', async () => {
    const folder = await newFolder();
    const kek = randomBytes(32);
    const made = await new FileKeyStore(folder, kek).create('device-main-1', context, 'ES256');
    const opened = await new FileKeyStore(folder, kek).open('device-main-1', context);
    expect(opened.publicKey().equals(made.publicKey())).toBe(true);
  });

  it('keeps the key of a first try when creation is repeated', async () => {
    const vault = new FileKeyStore(await newFolder(), randomBytes(32));
    const first = await vault.create('root-1', context, 'ES384');
    expect((await vault.create('root-1', context, 'ES384')).publicKey().equals(first.publicKey())).toBe(true);
  });

  it('writes one complete file that only its owner can read, without the key in it', async () => {
    const folder = await newFolder();
    await new FileKeyStore(folder, randomBytes(32)).create('release-main-1', context, 'EdDSA');
    expect(await readdir(folder)).toEqual(['release-main-1.key']);
    const path = join(folder, 'release-main-1.key');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).not.toContain('PRIVATE');
  });

  it('refuses a key moved to another tenant, another key-encryption key and a path', async () => {
    const folder = await newFolder();
    const kek = randomBytes(32);
    const vault = new FileKeyStore(folder, kek);
    await vault.create('k', context, 'EdDSA');
    await expect(vault.open('k', { ...context, tenant: 'other' })).rejects.toThrow(EnvelopeFault);
    await expect(new FileKeyStore(folder, randomBytes(32)).open('k', context)).rejects.toThrow(EnvelopeFault);
    await expect(vault.open('../k', context)).rejects.toThrow('not a key reference');
  });

  // Attack list, row 99.
  it('refuses a wrapped key that was moved to another tenant, also when the file says it belongs there', async () => {
    const folder = await newFolder();
    const store = new FileKeyStore(folder, randomBytes(32));
    const [ours, theirs] = [context, { ...context, tenant: 'other' }];
    await store.create('ca-device-main-1', ours, 'ES256');
    await store.create('ca-device-other-1', theirs, 'ES256');
    const path = (name: string) => join(folder, `${name}.key`);
    const own = JSON.parse(await readFile(path('ca-device-main-1'), 'utf8'));
    const foreign = JSON.parse(await readFile(path('ca-device-other-1'), 'utf8'));
    for (const moved of [
      own,
      { ...own, context: foreign.context },
      { ...foreign, key: own.key },
      { ...own, key: foreign.key },
    ]) {
      await writeFile(path('ca-device-other-1'), JSON.stringify(moved));
      await expect(store.open('ca-device-other-1', theirs)).rejects.toThrow(EnvelopeFault);
    }
    expect((await store.open('ca-device-main-1', ours)).algorithm).toBe('ES256');
  });

  it.each([0, 1, 4, 12, 15])(
    'refuses a file whose tag was cut to %d bytes, and one cut short itself',
    async (bytes) => {
      const folder = await newFolder();
      const store = new FileKeyStore(folder, randomBytes(32));
      await store.create('k', context, 'ES256');
      const path = join(folder, 'k.key');
      const text = await readFile(path, 'utf8');
      for (const box of ['key', 'secret']) {
        const envelope = JSON.parse(text);
        envelope[box].tag = Buffer.from(envelope[box].tag, 'base64').subarray(0, bytes).toString('base64');
        await writeFile(path, JSON.stringify(envelope));
        await expect(store.open('k', context)).rejects.toThrow(EnvelopeFault);
      }
      await writeFile(path, text.slice(0, (text.length * bytes) / 16));
      await expect(store.open('k', context)).rejects.toThrow(EnvelopeFault);
      await expect(store.create('k', context, 'ES256')).rejects.toThrow(EnvelopeFault);
    },
  );

  it('refuses altered bytes and a shortened authentication tag', () => {
    const kek = randomBytes(32);
    const envelope = seal(kek, 'c', Buffer.from('secret'));
    const short = Buffer.from(envelope.secret.tag, 'base64').subarray(0, 4).toString('base64');
    expect(() => unseal(kek, 'c', { ...envelope, secret: { ...envelope.secret, tag: short } })).toThrow(EnvelopeFault);
    expect(() => unseal(kek, 'c', { ...envelope, secret: { ...envelope.secret, data: 'AAAAAAAA' } })).toThrow(
      EnvelopeFault,
    );
  });

  it('moves to a new key-encryption key without touching the secret', () => {
    const [old, next] = [randomBytes(32), randomBytes(32)];
    const envelope = seal(old, 'c', Buffer.from('secret'));
    const moved = rewrap(old, next, 'c', envelope);
    expect(moved.secret).toEqual(envelope.secret);
    expect(unseal(next, 'c', moved).toString()).toBe('secret');
    expect(() => unseal(old, 'c', moved)).toThrow(EnvelopeFault);
  });
});

describe('the key-encryption key', () => {
  it('is made once and then read', async () => {
    const path = join(await newFolder(), 'kek');
    expect(await loadKek(path)).toEqual(await loadKek(path));
  });

  it('is one for all who start at once', async () => {
    const path = join(await newFolder(), 'kek');
    const keks = await Promise.all(Array.from({ length: 8 }, () => loadKek(path)));
    expect(new Set(keks.map((kek) => kek.toString('hex'))).size).toBe(1);
  });

  it('comes from the setting when given, and must have 32 bytes', async () => {
    const given = randomBytes(32);
    expect(await loadKek('/nowhere/kek', given.toString('base64'))).toEqual(given);
    await expect(loadKek('/nowhere/kek', 'c2hvcnQ=')).rejects.toThrow(EnvelopeFault);
  });

  it('is refused when its file was cut short', async () => {
    const path = join(await newFolder(), 'kek');
    await writeFile(path, 'AAAA\n');
    await expect(loadKek(path)).rejects.toThrow(EnvelopeFault);
  });
});
