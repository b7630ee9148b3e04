import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from 'node:crypto';

/** A fresh EC P-256 key for a device. It never leaves the device. */
export const generateDeviceKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

export const keyToPem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string;
export const keyFromPem = (pem: string): KeyObject => createPrivateKey(pem);

/** SHA-256 of a certificate's DER, lower-case hex: its fingerprint, and `cth` in commands bound to it. */
export const fingerprintOf = (pem: string): string =>
  createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');

/** True when the certificate carries this key's public half. */
export const isKeyOf = (key: KeyObject, pem: string): boolean =>
  new X509Certificate(pem).publicKey.equals(createPublicKey(key));

export const validityOf = (pem: string): { notBefore: Date; notAfter: Date } => {
  const { validFrom, validTo } = new X509Certificate(pem);
  // validFromDate would do, but only from Node 22.10.
  return { notBefore: new Date(validFrom), notAfter: new Date(validTo) };
};
