import { X509Certificate } from 'node:crypto';
import type { Signer } from '../keys/signer.js';
import { readCertificate } from '../path/read-certificate.js';

/** A certificate authority ready to issue: its certificate and the signer of its key. */
export interface Authority {
  readonly pem: string;
  readonly name: Buffer;
  readonly notAfter: Date;
  readonly signer: Signer;
}

/** Throws when the signer is not the key of the certificate: a swapped file must not issue anything. */
export const authorityOf = (pem: string, signer: Signer): Authority => {
  const certificate = new X509Certificate(pem);
  if (!certificate.publicKey.equals(signer.publicKey())) throw new Error('this key is not the key of this authority');
  const { subject, notAfter } = readCertificate(certificate.raw);
  return { pem, name: subject, notAfter, signer };
};
