import { createPublicKey, randomUUID, verify } from 'node:crypto';
import { issueAuthority, issueRoot } from '@muster/pki/authority/issue-authority';
import { issueDeviceLeaf } from '@muster/pki/authority/issue-leaf';
import { openssl } from '@muster/pki/fixtures/openssl';
import { generatePrivateKey } from '@muster/pki/keys/key-signer';
import { type KeyContext, KeyFault, type KeyStore, parseRef } from '@muster/pki/keys/key-store';
import type { SignAlgorithm } from '@muster/pki/keys/signer';
import { signDocument, toSigningJwk, verifyDocument } from '@muster/pki/signing/compact';
import { describe, expect, it } from 'vitest';

const context: KeyContext = { tenant: 'main', purpose: 'device', generation: 1 };
const hashes: Record<SignAlgorithm, string | null> = { ES256: 'sha256', ES384: 'sha384', EdDSA: null };
const newName = () => `contract-${randomUUID()}`;

/**
 * What every store of keys has to do, whoever wrote it. Call it in a test file of the adapter:
 * `describeKeyStore('keys in our cloud', () => openKeyStore(…))`. `open` is called for every test and gives the same store
 * each time, as a restarted process would see it.
 */
export const describeKeyStore = (
  title: string,
  open: () => KeyStore,
  can: readonly [SignAlgorithm, ...SignAlgorithm[]] = ['ES256', 'ES384', 'EdDSA'],
): void => {
  describe(`${title}, as every store of keys`, () => {
    it.each(can)('makes keys for %s whose signatures node:crypto verifies', async (algorithm) => {
      const key = await open().create(newName(), context, algorithm);
      expect(key.algorithm).toBe(algorithm);
      const bytes = Buffer.from('what is signed');
      for (const signature of await Promise.all([key.sign(algorithm, bytes), key.sign(algorithm, bytes)])) {
        const against = { key: key.publicKey(), dsaEncoding: 'ieee-p1363' } as const;
        expect(verify(hashes[algorithm], bytes, against, signature)).toBe(true);
        expect(verify(hashes[algorithm], Buffer.from('something else'), against, signature)).toBe(false);
      }
    });

    it('gives back the same key after a restart, by the reference it gave', async () => {
      const name = newName();
      const made = await open().create(name, context, can[0]);
      expect(parseRef(made.ref)).toEqual({ kind: open().kind, name });
      const opened = await open().open(made.ref, context);
      expect(opened.publicKey().equals(made.publicKey())).toBe(true);
      expect(opened.ref).toBe(made.ref);
    });

    it('keeps the key of a first try when creation is repeated, one after another and at once', async () => {
      const [name, store] = [newName(), open()];
      const first = await store.create(name, context, can[0]);
      const again = await Promise.all([1, 2, 3].map(() => store.create(name, context, can[0])));
      for (const key of again) expect(key.publicKey().equals(first.publicKey())).toBe(true);
    });

    it('takes the first algorithm it can do', async () => {
      expect((await open().create(newName(), context, ...can)).algorithm).toBe(can[0]);
    });

    it('refuses a key for another tenant, purpose or generation than it was made for', async () => {
      const { ref } = await open().create(newName(), context, can[0]);
      for (const other of [{ tenant: 'other' }, { tenant: null }, { purpose: 'release' }, { generation: 2 }])
        await expect(open().open(ref, { ...context, ...other })).rejects.toThrow(KeyFault);
    });

    it('refuses a key that is not there and a name that would lead elsewhere', async () => {
      const { kind } = open();
      const prefix = kind === 'file' ? '' : `${kind}:`;
      await expect(open().open(`${prefix}${newName()}`, context)).rejects.toThrow(KeyFault);
      for (const bad of ['../k', 'a/b', '', 'A', 'a%2fb'])
        await expect(open().open(`${prefix}${bad}`, context)).rejects.toThrow(KeyFault);
      await expect(open().create('../k', context, can[0])).rejects.toThrow(KeyFault);
    });

    it('does not sign with another algorithm than the key is for', async () => {
      const key = await open().create(newName(), context, 'ES256');
      await expect(key.sign('ES384', Buffer.from('x'))).rejects.toThrow('ES256');
    });

    it('signs a hundred things at once, each its own', async () => {
      const key = await open().create(newName(), context, 'ES256');
      const texts = Array.from({ length: 100 }, (_, n) => Buffer.from(`text ${n}`));
      const signatures = await Promise.all(texts.map((text) => key.sign('ES256', text)));
      const against = { key: key.publicKey(), dsaEncoding: 'ieee-p1363' } as const;
      expect(signatures.every((signature, n) => verify('sha256', texts[n]!, against, signature))).toBe(true);
    });

    it('issues certificates that openssl accepts in strict mode, under a root and an authority of its own', async () => {
      const [store, now] = [open(), new Date()];
      const organization = 'Contract';
      const root = await issueRoot({ organization, signer: await store.create(newName(), context, 'ES384'), now });
      const signer = await store.create(newName(), context, 'ES256');
      const device = await issueAuthority(root, {
        ...{ organization, kind: 'device', tenant: 'main', generation: 1, signer, now },
      });
      const publicKey = createPublicKey(await generatePrivateKey('ES256'));
      const ids = { domain: 'muster', tenant: 'main', deviceId: randomUUID(), publicKey, crlUri: 'http://localhost/c' };
      const leaf = await issueDeviceLeaf(device, ids, { now });
      const verdict = openssl(
        { root: root.pem, ca: device.pem, leaf: leaf.pem },
        ...['verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', '@root', '-untrusted', '@ca', '@leaf'],
      );
      expect(verdict.output).toContain('OK');
    });

    it.each(can)('signs documents with %s that devices verify', async (algorithm) => {
      const key = await open().create(newName(), context, algorithm);
      const jws = await signDocument(key, 'k1', 'command', { act: 'reboot' });
      const answer = await verifyDocument(jws, 'command', [toSigningJwk(key, 'k1', 'command')]);
      expect(answer).toEqual({ ok: true, claims: { act: 'reboot' } });
    });
  });
};
