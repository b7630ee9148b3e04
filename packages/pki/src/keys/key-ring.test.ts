import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeVault } from '@muster/testkit/fake-vault';
import { describeKeyStore } from '@muster/testkit/key-store-contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileKeyStore } from './file-key-store.js';
import { KeyFault } from './key-store.js';
import { KmsKeyStore } from './kms/kms-key-store.js';
import { openKeys } from './open-keys.js';

const vault = new FakeVault();
const folder = mkdtempSync(join(tmpdir(), 'muster-ring-'));
const files = { folder, keks: randomBytes(32) };
let vaultUrl: string;
beforeAll(async () => {
  vaultUrl = await vault.listen();
});
afterAll(async () => {
  await vault.close();
  rmSync(folder, { recursive: true });
});
const settings = () => ({ vaultUrl, vaultToken: 'hvs.first' });
const context = (purpose: string) => ({ tenant: 'main', purpose, generation: 1 });

/** What stands for a cloud's service: it keeps its keys in memory, as the service would keep them away from us. */
const adapter = `
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
const keys = new Map();
const kinds = { ES256: ['ec', 'P-256', 'sha256'], ES384: ['ec', 'P-384', 'sha384'] };
export const openKeyStore = ({ KeyFault } = globalThis.musterKeys) => ({
  kind: 'kms',
  async create(name, context, ...algorithms) {
    if (!/^[a-z0-9][a-z0-9._-]*$/.test(name)) throw new KeyFault('name');
    const algorithm = algorithms.find((each) => kinds[each]);
    if (!algorithm) throw new KeyFault('the service cannot do ' + algorithms);
    if (!keys.has(name)) {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: kinds[algorithm][1] });
      keys.set(name, { privateKey, algorithm, context: JSON.stringify(context) });
    }
    return this.open('kms:' + name, context);
  },
  async open(ref, context) {
    const key = keys.get(ref.slice(4));
    if (!key || key.context !== JSON.stringify(context)) throw new KeyFault('no such key');
    const publicKey = createPublicKey(key.privateKey);
    return {
      ref,
      algorithm: key.algorithm,
      publicKey: () => publicKey,
      async sign(wanted, bytes) {
        if (wanted !== key.algorithm) throw new Error('this key signs ' + key.algorithm);
        return sign(kinds[wanted][2], bytes, { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
      },
    };
  },
});
`;
const adapterPath = join(folder, 'adapter.mjs');
writeFileSync(adapterPath, adapter);
Object.assign(globalThis, { musterKeys: { KeyFault } });

describeKeyStore('keys in a cloud key service, through its adapter', () => new KmsKeyStore(adapterPath), [
  'ES256',
  'ES384',
]);

describe('the keys of a process', () => {
  it('are made where the settings say, those for releases apart', async () => {
    const keys = openKeys({ ...settings(), releaseSigner: 'vault' }, files);
    expect((await keys.create('online', context('command'), 'EdDSA')).ref).toBe('online');
    expect((await keys.create('release', context('release'), 'EdDSA')).ref).toBe('vault:release');
  });

  it('are opened where they were made, whatever the settings say now', async () => {
    const made = await openKeys(settings(), files).create('old', context('ca-device'), 'ES256');
    const after = openKeys({ ...settings(), signer: 'vault' }, files);
    expect((await after.open(made.ref, context('ca-device'))).publicKey().equals(made.publicKey())).toBe(true);
    const moved = await after.create('new', context('ca-device'), 'ES256');
    const back = openKeys({ ...settings(), signer: 'file' }, files);
    expect((await back.open(moved.ref, context('ca-device'))).ref).toBe('vault:new');
  });

  it('whose store the settings no longer describe are named', async () => {
    const { ref } = await openKeys({ ...settings(), signer: 'vault' }, files).create(
      'orphan',
      context('trust'),
      'ES256',
    );
    await expect(openKeys({}, files).open(ref, context('trust'))).rejects.toThrow(
      'vault:orphan is in a store of kind vault',
    );
  });

  it('are only those the process may have', async () => {
    const keys = openKeys(settings(), files, ['command']);
    await new FileKeyStore(folder, files.keks).create('release-file', context('release'), 'EdDSA');
    await expect(keys.open('release-file', context('release'))).rejects.toThrow('no business with keys for release');
    await expect(keys.create('x', context('ca-root'), 'ES384')).rejects.toThrow(KeyFault);
    expect((await keys.create('mine', context('command'), 'EdDSA')).algorithm).toBe('EdDSA');
  });

  it('say so when an adapter cannot be loaded or is none', async () => {
    await expect(new KmsKeyStore('/nowhere.mjs').open('kms:k', context('trust'))).rejects.toThrow('cannot be loaded');
    const empty = join(folder, 'empty.mjs');
    writeFileSync(empty, 'export const nothing = 1;');
    await expect(new KmsKeyStore(empty).open('kms:k', context('trust'))).rejects.toThrow('exports no openKeyStore()');
  });
});
