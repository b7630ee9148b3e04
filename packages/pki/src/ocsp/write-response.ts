import { createHash, X509Certificate } from 'node:crypto';
import type { Authority } from '../authority/authority.js';
import { signatureAlgorithm } from '../authority/sign-certificate.js';
import { type CrlReason, crlReasonCodes } from '../crl/crl-entries.js';
import { oids } from '../der/oids.js';
import { readDer } from '../der/read.js';
import { bitString, enumerated, explicit, implicit, octetString, oid, sequence, tlv } from '../der/write.js';
import { derSignature } from '../keys/key-signer.js';
import type { Signer } from '../keys/signer.js';
import type { CertId, CertIdHash } from './read-request.js';

/** A delegated responder (RFC 6960 4.2.2.2): a key of its own and a certificate by the authority it answers for. */
export interface OcspResponder {
  readonly certificate: Buffer;
  readonly signer: Signer;
}

export type OcspStatus = 'good' | 'unknown' | { readonly revokedAt: Date; readonly reason: CrlReason };

export interface OcspAnswer {
  readonly certId: CertId;
  readonly status: OcspStatus;
}

const faults = { malformedRequest: 1, internalError: 2, tryLater: 3, unauthorized: 6 } as const;

/** An answer without a signature, for a request that gets none (RFC 6960 2.3). */
export const ocspFault = (fault: keyof typeof faults): Buffer => sequence(enumerated(faults[fault]));

const generalizedTime = (at: Date): Buffer =>
  tlv(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`, 'ascii'));

/** The bits of a certificate's key, whose digest names the key in a CertID and a ResponderID. */
const keyBits = (certificate: X509Certificate): Buffer =>
  readDer(certificate.publicKey.export({ type: 'spki', format: 'der' })).children[1]!.value.subarray(1);

/** Whether a question is about a certificate of this authority; ask with one of these per authority. */
export const issuerMatcher = (authority: Pick<Authority, 'pem' | 'name'>): ((certId: CertId) => boolean) => {
  const bits = keyBits(new X509Certificate(authority.pem));
  const digests = (hash: CertIdHash) => ({
    name: createHash(hash).update(authority.name).digest(),
    key: createHash(hash).update(bits).digest(),
  });
  const known = { sha1: digests('sha1'), sha256: digests('sha256') };
  return ({ hash, issuerNameHash, issuerKeyHash }) =>
    hash !== null && known[hash].name.equals(issuerNameHash) && known[hash].key.equals(issuerKeyHash);
};

/** A successful OCSPResponse of the basic type, signed (RFC 6960 4.2.1). */
export const writeOcspResponse = async (
  { certificate, signer }: OcspResponder,
  answers: readonly OcspAnswer[],
  at: { readonly thisUpdate: Date; readonly nextUpdate: Date; readonly nonce: Buffer | null },
): Promise<Buffer> => {
  const algorithm = signatureAlgorithm(signer.algorithm);
  const keyHash = createHash('sha1')
    .update(keyBits(new X509Certificate(certificate)))
    .digest();
  const single = ({ certId, status }: OcspAnswer) =>
    sequence(certId.raw, statusOf(status), generalizedTime(at.thisUpdate), explicit(0, generalizedTime(at.nextUpdate)));
  const body = sequence(
    explicit(2, octetString(keyHash)),
    generalizedTime(at.thisUpdate),
    sequence(...answers.map(single)),
    ...(at.nonce === null
      ? []
      : [explicit(1, sequence(sequence(oid(oids.ocspNonce), octetString(octetString(at.nonce)))))]),
  );
  const signature = derSignature(signer.algorithm, await signer.sign(signer.algorithm, body));
  const basic = sequence(body, algorithm, bitString(signature), explicit(0, sequence(certificate)));
  return sequence(enumerated(0), explicit(0, sequence(oid(oids.ocspBasic), octetString(basic))));
};

const statusOf = (status: OcspStatus): Buffer => {
  if (status === 'good') return implicit(0, Buffer.alloc(0));
  if (status === 'unknown') return implicit(2, Buffer.alloc(0));
  const { revokedAt, reason } = status;
  // As in a list, an unspecified reason is an absent one.
  const why = reason === 'unspecified' ? [] : [explicit(0, enumerated(crlReasonCodes[reason]))];
  return explicit(1, generalizedTime(revokedAt), ...why);
};
