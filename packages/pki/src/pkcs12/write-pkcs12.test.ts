import { createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { issueBootstrapLeaf } from '../authority/issue-leaf.js';
import { buildHierarchy, crlUri, domain, type Hierarchy, newKey, now, tenant } from '../fixtures/hierarchy.js';
import { openssl } from '../fixtures/openssl.js';
import { writePkcs12 } from './write-pkcs12.js';

const password = 'correct horse 4';
const batchId = '01970000-0000-7000-8000-00000000000b';
let h: Hierarchy;
beforeAll(async () => {
  h = await buildHierarchy();
});

const bundle = async (key: KeyObject) => {
  const claim = { domain, tenant, batchId, publicKey: createPublicKey(key), crlUri };
  const leaf = await issueBootstrapLeaf(h.bootstrap, claim, { now });
  return writePkcs12(key, [leaf.der, new X509Certificate(h.bootstrap.pem).raw], password);
};
const open = (p12: Buffer, pass: string) =>
  openssl({ p12 }, 'pkcs12', '-in', '@p12', '-passin', `pass:${pass}`, '-nodes');

describe('a PKCS #12 file', () => {
  it.each([
    ['an elliptic curve key', () => newKey()],
    ['an RSA key', () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
  ])('with %s opens in openssl and gives back key and certificates', async (_, make) => {
    const key = make();
    const read = open(await bundle(key), password);
    expect(read.code).toBe(0);
    expect(read.output.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    const pem = /-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----/.exec(read.output)![0];
    expect(createPublicKey(pem).equals(createPublicKey(key))).toBe(true);
  });

  it('does not open with another password, nor when a byte was changed', async () => {
    const p12 = await bundle(newKey());
    expect(open(p12, 'wrong').output).toContain('invalid password');
    p12[p12.length - 60]! ^= 1;
    expect(open(p12, password).code).not.toBe(0);
  });
});
