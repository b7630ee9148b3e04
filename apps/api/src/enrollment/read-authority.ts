import { createHash, X509Certificate } from 'node:crypto';
import { keyUsageBits } from '@muster/pki/authority/extensions';
import { fromPem } from '@muster/pki/der/pem';
import { DerFault } from '@muster/pki/der/read';
import { type CertificateFacts, readCertificate } from '@muster/pki/path/read-certificate';
import { isStrongKey } from '@muster/pki/path/strong-key';
import { Refusal } from '../http/refusal.js';

export interface ReadAuthority {
  readonly der: Buffer;
  readonly facts: CertificateFacts;
  readonly certificate: X509Certificate;
  readonly fingerprint: string;
  /** SHA-256 of the subject public key info, hex. */
  readonly keyHash: string;
}

/** A certificate somebody handed in as PEM, read strictly, or what is wrong with it as the end of a sentence. */
export const readHanded = (pem: string): ReadAuthority | string => {
  const decoded = fromPem(pem, ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']);
  if (!decoded.ok || decoded.der[0] !== 0x30) return 'is not one certificate in PEM';
  const { der } = decoded;
  try {
    const facts = readCertificate(der);
    const certificate = new X509Certificate(der);
    const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
    return { der, facts, certificate, fingerprint: sha256(der), keyHash: sha256(key) };
  } catch (fault) {
    // One that openssl makes without extensions is of version 1, which is the usual way to get here.
    if (fault instanceof DerFault) return `is no certificate of version 3 in strict DER (${fault.message})`;
    // OpenSSL refuses in its own words what our reader let through, e.g. a key of a kind it does not know.
    return 'is not a certificate that can be read';
  }
};

/** The CA of a manufacturer as it may be registered. @throws Refusal validation_failed at /body/certificate */
export const readAuthority = (pem: string, ours: ReadonlySet<string>, now: Date): ReadAuthority & { keyId: string } => {
  const read = readHanded(pem);
  if (typeof read === 'string') throw unfit(read);
  const { facts, certificate } = read;
  if (!facts.ca || (facts.keyUsage && !facts.keyUsage.includes(keyUsageBits.keyCertSign)))
    throw unfit('is not of an authority that may sign certificates');
  if (facts.subjectKeyId === null) throw unfit('has no subject key identifier');
  if (now < facts.notBefore || now > facts.notAfter) throw unfit('is not valid now');
  if (!isStrongKey(certificate.publicKey))
    throw unfit('has a key that is not taken: EC P-256 or better, Ed25519, or RSA of 2048 to 8192 bits');
  if (ours.has(read.keyHash)) throw unfit('is one of our own');
  return { ...read, keyId: facts.subjectKeyId };
};

const unfit = (message: string): Refusal => {
  const fault = { pointer: '/body/certificate', message };
  return new Refusal('validation_failed', `${fault.pointer} ${message}.`, undefined, [fault]);
};

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
