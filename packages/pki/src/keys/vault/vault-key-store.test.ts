import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeVault } from '@muster/testkit/fake-vault';
import { describeKeyStore } from '@muster/testkit/key-store-contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KeyFault, SignerAway } from '../key-store.js';
import { VaultKeyStore } from './vault-key-store.js';

const context = { tenant: 'main', purpose: 'device', generation: 1 };
const vault = new FakeVault();
const folder = mkdtempSync(join(tmpdir(), 'muster-vault-'));
const tokenFile = join(folder, 'token');
let url: string;
const open = (options: object = {}) =>
  new VaultKeyStore({ url, token: 'hvs.first', mount: 'transit', pause: 1, ...options });
const bytes = Buffer.from('x');

beforeAll(async () => {
  url = await vault.listen();
});
beforeEach(() => {
  vault.troubles.length = 0;
  vault.seen.length = 0;
  vault.tokens = new Set(['hvs.first']);
});
afterAll(async () => {
  await vault.close();
  rmSync(folder, { recursive: true });
});

describeKeyStore('keys in Vault', () => open());

describe('keys in Vault', () => {
  it('are asked to stay inside, and only a digest is sent to be signed', async () => {
    const key = await open({ namespace: 'fleet' }).create('inside', context, 'ES384');
    const made = vault.seen.find(({ method }) => method === 'POST')!;
    expect(made).toMatchObject({ namespace: 'fleet', body: { type: 'ecdsa-p384', exportable: false } });
    vault.seen.length = 0;
    await key.sign('ES384', Buffer.from('a secret order'));
    const [{ body }] = vault.seen as unknown as [{ body: { input: string } }];
    expect(Buffer.from(body.input, 'base64')).toHaveLength(48);
    expect(body).toMatchObject({
      ...{ key_version: 1, prehashed: true, hash_algorithm: 'sha2-384', marshaling_algorithm: 'jws' },
    });
  });

  it.each([
    ['sealed', { status: 503, errors: ['Vault is sealed'] }],
    ['too busy', { status: 429 }],
    ['a lagging replica', { status: 412 }],
    ['cut off', 'cut'],
    ['silent', 'silence'],
  ] as const)('are signed with when Vault is %s twice, and away when it stays so', async (what, trouble) => {
    const key = await open({ patience: 150 }).create(`trouble-${what.replaceAll(' ', '-')}`, context, 'ES256');
    vault.troubles.push(trouble, trouble);
    expect(await key.sign('ES256', bytes)).toHaveLength(64);
    vault.seen.length = 0;
    vault.troubles.push(trouble, trouble, trouble, trouble);
    await expect(key.sign('ES256', bytes)).rejects.toThrow(SignerAway);
    expect(vault.seen).toHaveLength(4);
  });

  it('are away when nobody listens', async () => {
    const nowhere = open({ url: 'http://127.0.0.1:1' });
    await expect(nowhere.create('k', context, 'ES256')).rejects.toThrow(SignerAway);
  });

  it('are signed with by a token that was replaced in its file, without a restart', async () => {
    writeFileSync(tokenFile, 'hvs.first\n');
    const key = await open({ token: undefined, tokenFile }).create('token-file', context, 'ES256');
    vault.tokens = new Set(['hvs.second']);
    await expect(key.sign('ES256', bytes)).rejects.toThrow(SignerAway);
    writeFileSync(tokenFile, 'hvs.second\n');
    expect(await key.sign('ES256', bytes)).toHaveLength(64);
  });

  it('tell nobody the token, in whatever fails', async () => {
    vault.tokens.clear();
    const fault: unknown = await open()
      .create('quiet', context, 'ES256')
      .catch((reason: unknown) => reason);
    expect(fault).toBeInstanceOf(SignerAway);
    expect(`${(fault as Error).message}${(fault as Error).stack}`).not.toContain('hvs.first');
    expect((fault as Error).message).toContain('permission denied');
  });

  it('are still signed with under their first version after somebody rotated them', async () => {
    const key = await open().create('rotated', context, 'ES256');
    const [name] = [...vault.keys.keys()].filter((each) => each.startsWith('rotated.'));
    vault.rotate(name!);
    expect(await key.sign('ES256', bytes)).toHaveLength(64);
    expect((await open().open(key.ref, context)).publicKey().equals(key.publicKey())).toBe(true);
    const { lowest: _, ...rest } = vault.keys.get(name!)!;
    vault.keys.set(name!, { ...rest, lowest: 2 });
    await expect(key.sign('ES256', bytes)).rejects.toThrow(KeyFault);
    await expect(open().open(key.ref, context)).rejects.toThrow('first version of the key is gone');
  });

  it('are refused when they could be exported', async () => {
    const key = await open().create('exportable', context, 'ES256');
    const [name] = [...vault.keys.keys()].filter((each) => each.startsWith('exportable.'));
    vault.keys.set(name!, { ...vault.keys.get(name!)!, exportable: true });
    await expect(open().open(key.ref, context)).rejects.toThrow('can be exported');
  });
});
