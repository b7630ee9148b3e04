/** For tests: certificate requests nobody should send. */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { basicConstraints } from '@muster/pki/authority/extensions';
import { oids } from '@muster/pki/der/oids';
import { toPem } from '@muster/pki/der/pem';
import * as der from '@muster/pki/der/write';

export const ec = (namedCurve = 'P-256') => generateKeyPairSync('ec', { namedCurve }).privateKey;
export const rsa = (modulusLength: number, publicExponent = 65_537) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey;
export const spkiOf = (key: KeyObject) => createPublicKey(key).export({ type: 'spki', format: 'der' });
export const pem = (bytes: Buffer) => toPem('CERTIFICATE REQUEST', bytes);

export interface Wishes {
  key?: KeyObject;
  spki?: Buffer;
  subject?: Buffer;
  attributes?: Buffer[];
  hash?: string;
  algorithm?: string;
}
export const craft = ({
  key = ec(),
  spki,
  subject,
  attributes = [],
  hash = 'sha256',
  algorithm,
}: Wishes = {}): Buffer => {
  const body = der.sequence(
    der.integer(0),
    subject ?? der.sequence(),
    spki ?? spkiOf(key),
    der.tlv(0xa0, ...attributes),
  );
  const name = algorithm ?? (key.asymmetricKeyType === 'rsa' ? oids.sha256WithRsa : oids.ecdsaWithSha256);
  return der.sequence(body, der.sequence(der.oid(name)), der.bitString(sign(hash, body, key)));
};
export const asking = (...extensions: Buffer[]) =>
  craft({ attributes: [der.sequence(der.oid(oids.extensionRequest), der.setOf(der.sequence(...extensions)))] });
export const extension = (type: string, value: Buffer) =>
  der.sequence(der.oid(type), der.boolean(true), der.octetString(value));
export const cn = (value: string) => der.setOf(der.sequence(der.oid(oids.commonName), der.utf8String(value)));
export const named = (...names: string[]) => craft({ subject: der.sequence(...names.map(cn)) });
export const flipped = () => {
  const good = craft();
  good[good.length - 3]! ^= 1;
  return good;
};
export const offCurve = () => {
  const spki = Buffer.from(spkiOf(ec()));
  spki.fill(7, spki.length - 32);
  return spki;
};
export const nested = (depth: number) => {
  let bytes = der.nothing();
  for (let i = 0; i < depth; i++) bytes = der.sequence(bytes);
  return bytes;
};
export const explicitCurve = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).privateKey;
export const two = der.sequence(der.oid(oids.extensionRequest), der.setOf(der.sequence(basicConstraints(false))));

/** An RSA key of 8192 bits that nobody has to make: any odd number of that size is refused alike. */
export const bigRsa = () => {
  const modulus = Buffer.alloc(1024, 0xc5);
  const key = der.sequence(der.integer(modulus), der.integer(65_537));
  return der.sequence(der.sequence(der.oid(oids.rsaEncryption), der.nothing()), der.bitString(key));
};
