import 'reflect-metadata';
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import * as peer from '@peculiar/x509';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  alternativeHost,
  alternativeUri,
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  subjectAltName,
} from '../authority/extensions.js';
import { distinguishedName } from '../authority/names.js';
import { writeRequest } from '../client/write-request.js';
import { oids } from '../der/oids.js';
import { toPem } from '../der/pem.js';
import * as der from '../der/write.js';
import { deviceId, newKey } from '../fixtures/hierarchy.js';
import { openssl } from '../fixtures/openssl.js';
import { acceptRequest } from './accept-request.js';
import { CsrFault } from './csr-fault.js';

const expected = { deviceId, uri: `spiffe://muster.test/t/main/d/${deviceId}` };
const pem = (bytes: Buffer) => toPem('CERTIFICATE REQUEST', bytes);
const codeOf = (text: string, blocked?: Set<string>) =>
  acceptRequest(text, expected, blocked).then(
    () => 'accepted',
    (fault: unknown) => (fault instanceof CsrFault ? fault.code : `not a CsrFault: ${String(fault)}`),
  );

interface Wishes {
  key?: KeyObject;
  carriedKey?: Buffer;
  subject?: Buffer;
  attributes?: Buffer[];
  hash?: string | null;
  algorithm?: string;
}
const craft = ({
  key = newKey(),
  carriedKey,
  subject,
  attributes = [],
  hash = 'sha256',
  algorithm,
}: Wishes): Buffer => {
  const body = der.sequence(
    der.integer(0),
    subject ?? der.sequence(),
    carriedKey ?? createPublicKey(key).export({ type: 'spki', format: 'der' }),
    der.tlv(0xa0, ...attributes),
  );
  const name = algorithm ?? oids.ecdsaWithSha256;
  return der.sequence(body, der.sequence(der.oid(name)), der.bitString(sign(hash, body, key)));
};
const wish = (...extensions: Buffer[]) =>
  craft({ attributes: [der.sequence(der.oid(oids.extensionRequest), der.setOf(der.sequence(...extensions)))] });

describe('the gate for certificate requests', () => {
  it('accepts what the agent, openssl and an independent library write', async () => {
    const key = newKey();
    expect(openssl({ csr: writeRequest(key) }, 'req', '-verify', '-noout', '-in', '@csr').output).toContain(
      'verify OK',
    );
    const accepted = await acceptRequest(writeRequest(key), null);
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
    expect(accepted.keyHash).toBe(createHash('sha256').update(spki).digest('hex'));

    const byOpenssl = openssl(
      { key: key.export({ type: 'pkcs8', format: 'pem' }) },
      ...['req', '-new', '-key', '@key', '-subj', `/CN=${deviceId}`, '-sha384'],
    ).output;
    expect(await codeOf(byOpenssl)).toBe('accepted');

    const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-384' }, true, ['sign', 'verify']);
    const byPeer = await peer.Pkcs10CertificateRequestGenerator.create({
      keys,
      name: new peer.Name([{ CN: [{ utf8String: deviceId }] }]),
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-384' },
      extensions: [
        new peer.SubjectAlternativeNameExtension([{ type: 'url', value: expected.uri }]),
        new peer.KeyUsagesExtension(peer.KeyUsageFlags.digitalSignature),
      ],
      attributes: [new peer.ChallengePasswordAttribute('ignored')],
    });
    expect(await codeOf(byPeer.toString('pem'))).toBe('accepted');
  });

  it('accepts Ed25519 and RSA-2048', async () => {
    const ed = generateKeyPairSync('ed25519').privateKey;
    expect(await codeOf(pem(craft({ key: ed, hash: null, algorithm: oids.ed25519 })))).toBe('accepted');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    expect(await codeOf(pem(craft({ key: rsa, algorithm: oids.sha256WithRsa })))).toBe('accepted');
  });

  it('answers crafted PEM headers at once, where a backtracking decoder would hang', async () => {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const ambiguous = `-----BEGIN CERTIFICATE REQUEST-----\n${'a:\n a: '.repeat(40)}`;
    const started = performance.now();
    expect(await codeOf(ambiguous)).toBe('csr_malformed');
    expect(performance.now() - started).toBeLessThan(50);
    delay.disable();
  });

  it('answers any text with a named fault', async () => {
    const words = fc.constantFrom(
      '-----BEGIN CERTIFICATE REQUEST-----\n',
      '-----END CERTIFICATE REQUEST-----',
      'MII',
      '\n',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(words, fc.string(), fc.base64String()), { maxLength: 8 }), async (parts) => {
        expect(await codeOf(parts.join(''))).toMatch(/^csr_/);
      }),
    );
  });

  it('never accepts a request with one byte changed, and never throws anything but a named fault', async () => {
    const good = craft({});
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: good.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bad = Buffer.from(good);
        bad[at]! ^= flip;
        expect(await codeOf(pem(bad))).toMatch(/^(csr_|identity_)/);
      }),
      { numRuns: 300 },
    );
  });

  it.each<[string, string, () => string]>([
    ['nothing', 'csr_malformed', () => ''],
    ['a body over 16 KiB', 'csr_malformed', () => 'A'.repeat(20_000)],
    ['another PEM label', 'csr_malformed', () => toPem('PRIVATE KEY', craft({}))],
    ['two PEM blocks', 'csr_malformed', () => pem(craft({})) + pem(craft({}))],
    ['a certificate-shaped value', 'csr_malformed', () => pem(der.sequence(der.integer(1)))],
    ['trailing bytes', 'csr_not_der', () => pem(Buffer.concat([craft({}), Buffer.from([0])]))],
    ['indefinite length', 'csr_not_der', () => pem(Buffer.from('3080020100000000', 'hex'))],
    [
      'the signature of another key',
      'csr_pop_failed',
      () => pem(craft({ carriedKey: createPublicKey(newKey()).export({ type: 'spki', format: 'der' }) })),
    ],
    ['SHA-1', 'csr_sig_alg_not_allowed', () => pem(craft({ hash: 'sha1', algorithm: '1.2.840.10045.4.1' }))],
    [
      'the algorithm of another kind of key',
      'csr_sig_alg_not_allowed',
      () => pem(craft({ algorithm: oids.sha256WithRsa })),
    ],
    [
      'secp256k1',
      'csr_key_not_allowed',
      () => pem(craft({ key: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey })),
    ],
    [
      'P-224',
      'csr_key_not_allowed',
      () => pem(craft({ key: generateKeyPairSync('ec', { namedCurve: 'secp224r1' }).privateKey })),
    ],
    [
      'RSA-1024',
      'csr_key_not_allowed',
      () =>
        pem(
          craft({ key: generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey, algorithm: oids.sha256WithRsa }),
        ),
    ],
    [
      'RSA with exponent 3',
      'csr_key_not_allowed',
      () =>
        pem(
          craft({
            key: generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey,
            algorithm: oids.sha256WithRsa,
          }),
        ),
    ],
    [
      'explicit curve parameters',
      'csr_key_not_allowed',
      () =>
        pem(craft({ key: generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).privateKey })),
    ],
    [
      'the name of another device',
      'identity_mismatch',
      () => pem(craft({ subject: distinguishedName({ commonName: 'someone-else' }) })),
    ],
    [
      'a name with an injected attribute',
      'identity_mismatch',
      () => pem(craft({ subject: distinguishedName({ commonName: `${deviceId},O=x` }) })),
    ],
    [
      'two names',
      'csr_malformed',
      () => pem(craft({ subject: distinguishedName({ organization: 'o', commonName: deviceId }) })),
    ],
    [
      'a foreign URI',
      'csr_extension_not_allowed',
      () => pem(wish(subjectAltName(alternativeUri('spiffe://muster.test/t/main/d/other')))),
    ],
    ['a server name', 'csr_extension_not_allowed', () => pem(wish(subjectAltName(alternativeHost('localhost'))))],
    [
      'its URI and one more',
      'csr_extension_not_allowed',
      () => pem(wish(subjectAltName(alternativeUri(expected.uri), alternativeHost('10.0.0.1')))),
    ],
    ['to be an authority', 'csr_extension_not_allowed', () => pem(wish(basicConstraints({})))],
    ['to sign certificates', 'csr_extension_not_allowed', () => pem(wish(keyUsage('digitalSignature', 'keyCertSign')))],
    ['to be a server', 'csr_extension_not_allowed', () => pem(wish(extendedKeyUsage('clientAuth', 'serverAuth')))],
    ['an empty list of purposes', 'csr_extension_not_allowed', () => pem(wish(extendedKeyUsage()))],
    [
      'an extension twice',
      'csr_extension_not_allowed',
      () => pem(wish(basicConstraints(false), basicConstraints(false))),
    ],
    [
      'an unknown extension',
      'csr_extension_not_allowed',
      () => pem(wish(der.sequence(der.oid('1.2.3.4'), der.boolean(true), der.octetString(der.nothing())))),
    ],
    [
      'two extension requests',
      'csr_extension_not_allowed',
      () => {
        const one = der.sequence(der.oid(oids.extensionRequest), der.setOf(der.sequence(basicConstraints(false))));
        return pem(craft({ attributes: [one, one] }));
      },
    ],
  ])('refuses a request with %s: %s', async (_, code, text) => {
    expect(await codeOf(text())).toBe(code);
  });

  it('refuses a blocked key, such as that of an authority', async () => {
    const key = newKey();
    const { keyHash } = await acceptRequest(pem(craft({ key })), null);
    expect(await codeOf(pem(craft({ key })), new Set([keyHash]))).toBe('csr_key_not_allowed');
  });

  it('does not repeat what it was sent in its answer', async () => {
    const fault = await acceptRequest(
      pem(craft({ subject: distinguishedName({ commonName: '<script>' }) })),
      expected,
    ).catch(String);
    expect(fault).not.toContain('script');
  });
});
