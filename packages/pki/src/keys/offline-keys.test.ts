import { createPublicKey } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openssl } from '../fixtures/openssl.js';
import { FileKeyStore } from './file-key-store.js';
import { givenKeks } from './kek.js';
import { exportKey, forgetKey, importKeys } from './offline-keys.js';

const keks = givenKeks(Buffer.alloc(32, 1));
const kept = { name: 'ca-root-1', context: { tenant: null, purpose: 'ca-root', generation: 1 } };
const contextOf = (name: string) => (name === kept.name ? kept.context : null);
const passphrase = 'a long one that nobody guesses';
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-offline-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const path = () => join(folder, 'ca-root-1.key');

describe('a key that is kept offline', () => {
  it('goes as a file that openssl reads, and comes back as the same key', async () => {
    const made = await new FileKeyStore(folder, keks).create(kept.name, kept.context, 'ES384');
    const text = await exportKey(folder, keks, kept, passphrase);
    const read = openssl({ key: text }, 'pkey', '-in', '@key', '-passin', `pass:${passphrase}`, '-pubout');
    expect(createPublicKey(read.output.slice(read.output.indexOf('-----BEGIN'))).equals(made.publicKey())).toBe(true);
    await forgetKey(folder, keks, kept, text, passphrase);
    expect(existsSync(path())).toBe(false);
    expect(await importKeys(folder, keks, text, passphrase, contextOf)).toEqual([kept.name]);
    expect((await new FileKeyStore(folder, keks).open(kept.name, kept.context)).publicKey()).toEqual(made.publicKey());
  });

  it('is forgotten only for a file that holds it', async () => {
    const store = new FileKeyStore(folder, keks);
    await store.create(kept.name, kept.context, 'ES384');
    const text = await exportKey(folder, keks, kept, passphrase);
    rmSync(path());
    await store.create(kept.name, kept.context, 'ES384');
    for (const [file, secret] of [
      [text, passphrase],
      [await exportKey(folder, keks, kept, passphrase), 'another'],
      ['', passphrase],
    ] as const)
      await expect(forgetKey(folder, keks, kept, file, secret)).rejects.toThrow();
    expect(existsSync(path())).toBe(true);
  });

  it('is not taken from a file of something else, by another passphrase, or over one that stands', async () => {
    const store = new FileKeyStore(folder, keks);
    const made = await store.create(kept.name, kept.context, 'ES384');
    const text = await exportKey(folder, keks, kept, passphrase);
    await expect(importKeys(folder, keks, text, 'another', contextOf)).rejects.toThrow('does not open');
    await expect(importKeys(folder, keks, text, passphrase, () => null)).rejects.toThrow(
      'not a key that is kept offline',
    );
    await expect(importKeys(folder, keks, 'nothing', passphrase, contextOf)).rejects.toThrow('holds no key');
    await importKeys(folder, keks, text, passphrase, contextOf);
    expect((await store.open(kept.name, kept.context)).publicKey()).toEqual(made.publicKey());
  });
});
