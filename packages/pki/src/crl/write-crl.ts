import type { Authority } from '../authority/authority.js';
import { authorityKeyIdentifier, crlNumber, crlReason, issuingDistributionPoint } from '../authority/extensions.js';
import { signatureAlgorithm } from '../authority/sign-certificate.js';
import { toPem } from '../der/pem.js';
import { bitString, explicit, integer, sequence, time } from '../der/write.js';
import { derSignature } from '../keys/key-signer.js';

/** RFC 5280 5.3.1; `unspecified` stands for an absent extension. */
export const crlReasonCodes = {
  unspecified: 0,
  keyCompromise: 1,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  privilegeWithdrawn: 9,
} as const;
export type CrlReason = keyof typeof crlReasonCodes;

export interface RevokedEntry {
  /** Hex, as stored with the certificate. */
  readonly serial: string;
  readonly at: Date;
  readonly reason: CrlReason;
}

/**
 * A complete CRL of one authority (RFC 5280 5), written directly as DER: 20,000 entries take some tens of
 * milliseconds. `number` must rise with every list; `nextUpdate` past means brokers lock everyone out.
 */
export const writeCrl = async (
  issuer: Authority,
  list: { number: number; thisUpdate: Date; nextUpdate: Date; uri: string; revoked: readonly RevokedEntry[] },
): Promise<{ der: Buffer; pem: string }> => {
  const algorithm = signatureAlgorithm(issuer.signer.algorithm);
  const body = sequence(
    integer(1),
    algorithm,
    issuer.name,
    time(list.thisUpdate),
    time(list.nextUpdate),
    // An empty list of entries must be absent, not an empty sequence (RFC 5280 5.1.2.6).
    ...(list.revoked.length === 0 ? [] : [sequence(...list.revoked.map(entry))]),
    explicit(
      0,
      sequence(
        authorityKeyIdentifier(issuer.signer.publicKey()),
        crlNumber(list.number),
        issuingDistributionPoint(list.uri),
      ),
    ),
  );
  const raw = await issuer.signer.sign(issuer.signer.algorithm, body);
  const der = sequence(body, algorithm, bitString(derSignature(issuer.signer.algorithm, raw)));
  return { der, pem: toPem('X509 CRL', der) };
};

const entry = ({ serial, at, reason }: RevokedEntry): Buffer =>
  sequence(
    integer(Buffer.from(serial, 'hex')),
    time(at),
    ...(reason === 'unspecified' ? [] : [sequence(crlReason(crlReasonCodes[reason]))]),
  );
