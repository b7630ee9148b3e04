import { createPublicKey, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { issueOcspLeaf } from '../authority/issue-leaf.js';
import { DerFault } from '../der/read.js';
import { boolean, explicit, integer, octetString, oid, sequence } from '../der/write.js';
import { buildHierarchy, type Hierarchy, issueTestLeaf } from '../fixtures/hierarchy.js';
import { tool } from '../fixtures/tool.js';
import { generatePrivateKey, keySigner } from '../keys/key-signer.js';
import { readOcspRequest } from './read-request.js';
import { issuerMatcher, type OcspResponder, type OcspStatus, ocspFault, writeOcspResponse } from './write-response.js';

// openssl ocsp judges by no other time than now.
const now = new Date();
let h: Hierarchy;
let responder: OcspResponder;
beforeAll(async () => {
  h = await buildHierarchy(now);
  const key = await generatePrivateKey('ES256');
  const leaf = await issueOcspLeaf(h.device, { name: 'responder', publicKey: createPublicKey(key) }, { now });
  responder = { certificate: leaf.der, signer: keySigner(key) };
});

/** A request as openssl writes it. */
const requestOf = (leaf: string, hash: string): Buffer =>
  tool(
    'openssl',
    { ca: h.device.pem, leaf },
    ...['ocsp', '-no_nonce', hash, '-issuer', '@ca', '-cert', '@leaf', '-reqout', '@out'],
  ).made!;

const at = { thisUpdate: now, nextUpdate: new Date(now.getTime() + 3_600_000) };
const asked = async (leaf: string, status: OcspStatus, hash: string) => {
  const request = readOcspRequest(requestOf(leaf, hash));
  const answers = request.certIds.map((certId) => ({ certId, status }));
  const response = await writeOcspResponse(responder, answers, { ...at, nonce: request.nonce });
  return tool(
    'openssl',
    { ca: h.device.pem, root: h.root.pem, leaf, response },
    ...['ocsp', '-no_nonce', '-respin', '@response', '-issuer', '@ca', hash, '-cert', '@leaf', '-CAfile', '@root'],
  ).output;
};

describe('an answer about a certificate', () => {
  it.each(['-sha1', '-sha256'])('is verified and understood by openssl, asked with %s', async (hash) => {
    const { pem } = await issueTestLeaf(h.device, { at: now });
    expect(await asked(pem, 'good', hash)).toMatch(/: good\n[\s\S]*Response verify OK/);
    const revoked = await asked(pem, { revokedAt: now, reason: 'keyCompromise' }, hash);
    expect(revoked).toMatch(/: revoked[\s\S]*Reason: keyCompromise[\s\S]*Revocation Time: .* GMT/);
    expect(await asked(pem, { revokedAt: now, reason: 'unspecified' }, hash)).not.toContain('Reason');
    expect(await asked(pem, 'unknown', hash)).toContain(': unknown');
  });

  it('is of the authority that is asked about, and of no other', async () => {
    const { pem } = await issueTestLeaf(h.device, { at: now });
    for (const hash of ['-sha1', '-sha256']) {
      const [certId] = readOcspRequest(requestOf(pem, hash)).certIds;
      expect(issuerMatcher(h.device)(certId!)).toBe(true);
      expect(issuerMatcher(h.bootstrap)(certId!)).toBe(false);
      expect(certId!.serial).toBe(new X509Certificate(pem).serialNumber.toLowerCase());
    }
    const [other] = readOcspRequest(requestOf(pem, '-sha512')).certIds;
    expect(issuerMatcher(h.device)(other!)).toBe(false);
  });

  it('is a short word without a signature where there is nothing to sign', () => {
    expect(ocspFault('unauthorized').toString('hex')).toBe('30030a0106');
    expect(ocspFault('malformedRequest').toString('hex')).toBe('30030a0101');
  });
});

describe('a request', () => {
  const certId = sequence(
    sequence(oid('1.3.14.3.2.26')),
    octetString(Buffer.alloc(20)),
    octetString(Buffer.alloc(20)),
    integer(7),
  );
  const request = (count: number, ...extensions: Buffer[]) =>
    sequence(
      sequence(
        sequence(...Array.from({ length: count }, () => sequence(certId))),
        ...(extensions.length === 0 ? [] : [explicit(2, sequence(...extensions))]),
      ),
    );
  const nonce = (bytes: number) =>
    sequence(oid('1.3.6.1.5.5.7.48.1.2'), octetString(octetString(Buffer.alloc(bytes, 1))));

  it('may be about a few certificates and not about ten thousand', () => {
    expect(readOcspRequest(request(16)).certIds).toHaveLength(16);
    for (const count of [0, 17, 10_000]) expect(() => readOcspRequest(request(count))).toThrow(DerFault);
  });

  it('has a nonce of 1 to 32 bytes or none, and nothing critical we do not know', () => {
    expect(readOcspRequest(request(1, nonce(32))).nonce).toHaveLength(32);
    expect(readOcspRequest(request(1)).nonce).toBeNull();
    for (const bytes of [0, 33, 3_000]) expect(() => readOcspRequest(request(1, nonce(bytes)))).toThrow(DerFault);
    expect(() => readOcspRequest(request(1, nonce(8), nonce(8)))).toThrow(DerFault);
    const strange = sequence(oid('1.2.3'), boolean(true), octetString(Buffer.alloc(2)));
    expect(() => readOcspRequest(request(1, strange))).toThrow(DerFault);
  });

  it('that is garbage is refused as such and in no other way, also when it nearly is a request', () => {
    const good = request(2, nonce(16));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), (flips) => {
        const bytes = Buffer.from(good);
        for (const [place, byte] of flips) bytes[place] = byte;
        try {
          readOcspRequest(bytes);
        } catch (fault) {
          expect(fault).toBeInstanceOf(DerFault);
        }
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(() => readOcspRequest(Buffer.from(bytes))).toThrow(DerFault);
      }),
    );
  });
});
