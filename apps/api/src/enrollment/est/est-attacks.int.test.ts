import { randomBytes, X509Certificate } from 'node:crypto';
import {
  alternativeHost,
  alternativeUri,
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  subjectAltName,
} from '@muster/pki/authority/extensions';
import { distinguishedName } from '@muster/pki/authority/names';
import { oids } from '@muster/pki/der/oids';
import { fromPem, toPem } from '@muster/pki/der/pem';
import * as der from '@muster/pki/der/write';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newRequest } from '../../device-door/door.harness.js';
import {
  asking,
  bigRsa,
  craft,
  ec,
  explicitCurve,
  extension,
  flipped,
  named,
  nested,
  offCurve,
  pem,
  rsa,
  spkiOf,
  two,
} from './crafted-csr.harness.js';
import { certificatesIn, type EstHarness, openEst } from './est.harness.js';

let test: TestDatabase;
let est: EstHarness;
let token: string;
const clock = new FakeClock(new Date());
const SERIAL = 'AT-1';

beforeAll(async () => {
  test = await testDatabase();
  est = await openEst(test.database, clock);
  ({ token } = await est.door.token({ model: 'gw-1', serial: SERIAL, expiresInS: 7 * 86_400 }));
});
afterAll(async () => {
  await est?.close();
  await test?.drop();
});

const enroll = (body: string | Buffer, changes: object = {}) => {
  // So many refusals in one breath would be slowed down, which is another test.
  clock.advance(60_000);
  return est.call('simpleenroll', {
    label: 'acme',
    body,
    token,
    headers: { accept: 'application/problem+json' },
    ...changes,
  });
};
const codeOf = async (body: string | Buffer) => {
  const answer = await enroll(body);
  return answer.status === 200 ? 'issued' : `${answer.status} ${answer.json().code}`;
};

const refused: [string, string, () => string | Buffer][] = [
  ['nothing at all', '400 csr_malformed', () => ''],
  ['one byte', '400 csr_malformed', () => '0'],
  ['300 random bytes', '400 csr_malformed', () => randomBytes(300)],
  [
    '300 random bytes in base64',
    '400 csr_malformed',
    () => Buffer.concat([Buffer.of(1), randomBytes(299)]).toString('base64'),
  ],
  ['elements nested 200 deep', '400 csr_not_der', () => pem(nested(200))],
  ['elements as deep as 16 KiB allow', '400 csr_not_der', () => nested(2_500).toString('base64')],
  ['elements nested 5,000 deep', '413 payload_too_large', () => nested(5_000).toString('base64')],
  [
    'as many tiny elements as 16 KiB allow',
    '400 csr_not_der',
    () => der.sequence(...Array(5_000).fill(der.nothing())).toString('base64'),
  ],
  [
    '20,000 tiny elements',
    '413 payload_too_large',
    () => der.sequence(...Array(20_000).fill(der.nothing())).toString('base64'),
  ],
  ['trailing bytes', '400 csr_not_der', () => pem(Buffer.concat([craft(), Buffer.of(0)]))],
  ['an indefinite length', '400 csr_not_der', () => pem(Buffer.from('3080020100000000', 'hex'))],
  ['a length that is not minimal', '400 csr_not_der', () => pem(Buffer.from('308103020100', 'hex'))],
  ['the label of a private key', '400 csr_malformed', () => toPem('PRIVATE KEY', craft())],
  ['two PEM blocks', '400 csr_malformed', () => pem(craft()) + pem(craft())],
  ['a certificate', '400 csr_malformed', () => new X509Certificate(est.door.tls.cert).raw.toString('base64')],
  ['a flipped bit in its signature', '400 csr_pop_failed', () => pem(flipped())],
  ['the public key of somebody else', '400 csr_pop_failed', () => pem(craft({ spki: spkiOf(ec()) }))],
  ['RSA-1024', '400 csr_key_not_allowed', () => pem(craft({ key: rsa(1024) }))],
  ['RSA with exponent 3', '400 csr_key_not_allowed', () => pem(craft({ key: rsa(2048, 3) }))],
  ['RSA-2048 where the tenant takes none', '400 csr_key_not_allowed', () => pem(craft({ key: rsa(2048) }))],
  ['RSA-8192', '400 csr_key_not_allowed', () => pem(craft({ spki: bigRsa() }))],
  ['P-192', '400 csr_key_not_allowed', () => pem(craft({ key: ec('prime192v1') }))],
  ['P-224', '400 csr_key_not_allowed', () => pem(craft({ key: ec('secp224r1') }))],
  ['secp256k1', '400 csr_key_not_allowed', () => pem(craft({ key: ec('secp256k1') }))],
  ['explicit curve parameters', '400 csr_key_not_allowed', () => pem(craft({ key: explicitCurve() }))],
  ['a point that is not on its curve', '400 csr_key_not_allowed', () => pem(craft({ spki: offCurve() }))],
  ['the key of our own authority', '400 csr_key_not_allowed', () => pem(craft({ spki: authorityKey() }))],
  [
    'a SHA-1 signature',
    '400 csr_sig_alg_not_allowed',
    () => pem(craft({ hash: 'sha1', algorithm: '1.2.840.10045.4.1' })),
  ],
  [
    'an MD5 signature',
    '400 csr_sig_alg_not_allowed',
    () => pem(craft({ key: rsa(2048), hash: 'md5', algorithm: '1.2.840.113549.1.1.4' })),
  ],
  ['the name of another device', '403 identity_mismatch', () => pem(named('01970000-0000-7000-8000-00000000ffff'))],
  ['an attribute injected into its name', '403 identity_mismatch', () => pem(named(`${SERIAL},O=x`))],
  ['a plus in its name', '403 identity_mismatch', () => pem(named(`${SERIAL}+OU=x`))],
  ['raw DER as its name', '403 identity_mismatch', () => pem(named('#0c0441542d31'))],
  ['quotes in its name', '403 identity_mismatch', () => pem(named(`"${SERIAL}"`))],
  ['NUL in its name', '403 identity_mismatch', () => pem(named(`${SERIAL}\0`))],
  ['a new line in its name', '403 identity_mismatch', () => pem(named(`${SERIAL}\n`))],
  ['a right-to-left mark in its name', '403 identity_mismatch', () => pem(named(`\u200f${SERIAL}`))],
  ['a name of 65 characters', '403 identity_mismatch', () => pem(named(SERIAL.padEnd(65, 'x')))],
  ['two names', '400 csr_malformed', () => pem(named(SERIAL, SERIAL))],
  ['a wildcard as its name', '403 identity_mismatch', () => pem(named('#'))],
  ['$SYS as its name', '403 identity_mismatch', () => pem(named('$SYS'))],
  ['a path as its name', '403 identity_mismatch', () => pem(named('a/b'))],
  [
    'a foreign URI',
    '400 csr_extension_not_allowed',
    () => pem(asking(subjectAltName(alternativeUri('spiffe://muster/t/acme/d/x')))),
  ],
  [
    'the DNS name of our server',
    '400 csr_extension_not_allowed',
    () => pem(asking(subjectAltName(alternativeHost('localhost')))),
  ],
  ['an address', '400 csr_extension_not_allowed', () => pem(asking(subjectAltName(alternativeHost('127.0.0.1'))))],
  [
    'an e-mail address',
    '400 csr_extension_not_allowed',
    () => pem(asking(subjectAltName(der.implicit(1, Buffer.from('a@b'))))),
  ],
  [
    'another kind of name',
    '400 csr_extension_not_allowed',
    () => pem(asking(subjectAltName(der.tlv(0xa0, der.oid('1.2.3.4'))))),
  ],
  [
    'hundreds of names',
    '400 csr_extension_not_allowed',
    () => pem(asking(subjectAltName(...Array(500).fill(alternativeHost('a.example'))))),
  ],
  ['to be an authority', '400 csr_extension_not_allowed', () => pem(asking(basicConstraints({})))],
  [
    'to sign certificates',
    '400 csr_extension_not_allowed',
    () => pem(asking(keyUsage('digitalSignature', 'keyCertSign'))),
  ],
  ['to be a server', '400 csr_extension_not_allowed', () => pem(asking(extendedKeyUsage('serverAuth')))],
  [
    'to answer for others',
    '400 csr_extension_not_allowed',
    () => pem(asking(extension(oids.extendedKeyUsage, der.sequence(der.oid(oids.ocspSigning))))),
  ],
  [
    'any purpose',
    '400 csr_extension_not_allowed',
    () => pem(asking(extension(oids.extendedKeyUsage, der.sequence(der.oid('2.5.29.37.0'))))),
  ],
  [
    'name constraints',
    '400 csr_extension_not_allowed',
    () => pem(asking(extension(oids.nameConstraints, der.sequence()))),
  ],
  [
    'an extension twice',
    '400 csr_extension_not_allowed',
    () => pem(asking(basicConstraints(false), basicConstraints(false))),
  ],
  ['two extension requests', '400 csr_extension_not_allowed', () => pem(craft({ attributes: [two, two] }))],
  [
    'an empty list of purposes',
    '400 csr_extension_not_allowed',
    () => pem(asking(extension(oids.extendedKeyUsage, der.sequence()))),
  ],
  [
    'an unknown critical extension',
    '400 csr_extension_not_allowed',
    () => pem(asking(extension('1.2.3.4', der.nothing()))),
  ],
];

const authorityKey = () => {
  const [, issuer] = est.door.tls.cert.match(/-----BEGIN[\s\S]*?END CERTIFICATE-----/g)!;
  return new X509Certificate(issuer!).publicKey.export({ type: 'spki', format: 'der' });
};

describe('a request at the door', () => {
  it.each(refused)('is refused with %s: %s', async (_, code, body) => {
    expect(await codeOf(body())).toBe(code);
  });

  it('leaves nothing behind when it was refused, and the token still lets its device in', async () => {
    expect(await est.rows('select from devices where serial = $1', [SERIAL])).toEqual([]);
    expect(await est.rows('select from certificates')).toEqual([]);
    expect(await codeOf(newRequest().csr)).toBe('issued');
  });

  it('is refused with a key another device has, and does not say which', async () => {
    const { csr } = newRequest();
    const first = await est.door.token({ model: 'gw-1', serial: 'AT-2' });
    expect((await enroll(csr, { token: first.token })).status).toBe(200);
    const other = await est.door.token({ model: 'gw-1', serial: 'AT-3' });
    const answer = await enroll(csr, { token: other.token });
    expect([answer.status, answer.json().code]).toEqual([409, 'key_in_use']);
    expect(answer.text).not.toContain('AT-2');
  });

  it('gets the life the tenant set whatever it wishes for', async () => {
    const { token: mine } = await est.door.token({ model: 'gw-1', serial: 'AT-4' });
    const wish = der.sequence(
      der.oid('1.2.840.113549.1.9.99'),
      der.setOf(der.sequence(der.time(new Date(0)), der.time(new Date('9999-12-31')))),
    );
    const answer = await enroll(pem(craft({ attributes: [wish] })), { token: mine });
    expect(answer.status, answer.text).toBe(200);
    const { validToDate, validFromDate } = new X509Certificate(certificatesIn(answer)[0]!);
    const days = (validToDate.getTime() - validFromDate.getTime()) / 86_400_000;
    expect(days).toBeCloseTo(90, 0);
  });
});

it('issued names hold nothing of what was asked', async () => {
  const { token: mine } = await est.door.token({ model: 'gw-1', serial: 'AT-9' });
  const subject = der.sequence(...distinguishedNames('<script>', 'AT-9'));
  const answer = await enroll(pem(craft({ subject })), { token: mine });
  expect(answer.status, answer.text).toBe(200);
  const decoded = fromPem(certificatesIn(answer)[0]!, ['CERTIFICATE']);
  expect(decoded.ok && decoded.der.includes('script')).toBe(false);
});

it('a token is as unknown at the label of another tenant as one that never was, and is not spent', async () => {
  await est.rows(`insert into tenants (id, name) values ('globex', 'Globex')`);
  const { id, token: mine } = await est.door.token({ model: 'gw-1', serial: 'AT-10' });
  const wrong = mine.replace(/_[a-z0-9]{32}_/, `_${'a'.repeat(32)}_`);
  const { csr } = newRequest();
  const bare = async (changes: object) => {
    const answer = await enroll(csr, changes);
    return [answer.status, { ...answer.json(), requestId: '' }];
  };
  const foreign = await bare({ label: 'globex', token: mine });
  expect(foreign).toMatchObject([401, { code: 'token_invalid' }]);
  expect(await bare({ label: 'globex', token: wrong })).toEqual(foreign);
  expect(await est.rows('select uses from enrollment_tokens where id = $1', [id])).toEqual([{ uses: 0 }]);
});

const distinguishedNames = (organization: string, commonName: string) => {
  const name = distinguishedName({ organization, commonName });
  return [der.contentOf(name)];
};
