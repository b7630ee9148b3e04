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
