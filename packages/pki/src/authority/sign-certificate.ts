import { type KeyObject, randomBytes } from 'node:crypto';
import { oids } from '../der/oids.js';
import { toPem } from '../der/pem.js';
import { bitString, explicit, integer, oid, sequence, time } from '../der/write.js';
import { derSignature } from '../keys/key-signer.js';
import type { SignAlgorithm, Signer } from '../keys/signer.js';
import { authorityKeyIdentifier, subjectKeyIdentifier } from './extensions.js';
import { publicKeyInfo } from './public-key-info.js';

/** Everything a certificate says besides its key identifiers; names and extensions are finished DER. */
export interface CertificateTemplate {
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly Buffer[];
  /** From `randomSerial`, when what it says depends on it; else a new one. */
  readonly serial?: Buffer | undefined;
}

export interface SignedCertificate {
  readonly der: Buffer;
  readonly pem: string;
  /** Serial number as lower-case hex without leading zeros removed: always 32 digits. */
  readonly serial: string;
}

const signatureOids: Record<SignAlgorithm, string> = {
  ES256: oids.ecdsaWithSha256,
  ES384: oids.ecdsaWithSha384,
  EdDSA: oids.ed25519,
};

const signatureAlgorithms = {
  ES256: sequence(oid(signatureOids.ES256)),
  ES384: sequence(oid(signatureOids.ES384)),
  EdDSA: sequence(oid(signatureOids.EdDSA)),
};

/** AlgorithmIdentifier without parameters: absent for ECDSA (RFC 5758 3.2) and Ed25519 (RFC 8410 3). */
export const signatureAlgorithm = (algorithm: SignAlgorithm): Buffer => signatureAlgorithms[algorithm];

/** 16 random bytes, positive and never shortened: top bit clear, next bit set (RFC 5280 4.1.2.2). */
export const randomSerial = (): Buffer => {
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  return serial;
};

/** Signs with the issuer's key; `issuer` is its subject name as DER. */
export const signCertificate = async (
  template: CertificateTemplate,
  issuer: { readonly name: Buffer; readonly signer: Signer },
): Promise<SignedCertificate> => {
  const serial = template.serial ?? randomSerial();
  const algorithm = signatureAlgorithm(issuer.signer.algorithm);
  const body = sequence(
    explicit(0, integer(2)),
    integer(serial),
    algorithm,
    issuer.name,
    sequence(time(template.notBefore), time(template.notAfter)),
    template.subject,
    publicKeyInfo(template.publicKey),
    explicit(
      3,
      sequence(
        ...template.extensions,
        subjectKeyIdentifier(template.publicKey),
        authorityKeyIdentifier(issuer.signer.publicKey()),
      ),
    ),
  );
  const raw = await issuer.signer.sign(issuer.signer.algorithm, body);
  const der = sequence(body, algorithm, bitString(derSignature(issuer.signer.algorithm, raw)));
  return { der, pem: toPem('CERTIFICATE', der), serial: serial.toString('hex') };
};
