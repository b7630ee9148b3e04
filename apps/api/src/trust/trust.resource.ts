import { X509Certificate } from 'node:crypto';
import type { Authority, Bundle, SigningKey, TrustChange } from '@muster/contracts/trust/trust.schema';
import type { Reception, StragglerRow } from '@muster/persistence/trust/acknowledgement.store';
import type { AuthorityRow } from '@muster/persistence/trust/authority.store';
import type { BundleRow } from '@muster/persistence/trust/bundle.store';
import type { SigningKeyRow } from '@muster/persistence/trust/signing-key.store';
import type { TrustChangeRow } from '@muster/persistence/trust/trust-change.store';
import { readCertificate } from '@muster/pki/path/read-certificate';
import { sha256OfPem } from './trust-view.js';

const text = (at: Date | null): string | null => at?.toISOString() ?? null;

export type AuthorityCounts = Pick<Authority, 'liveCertificates' | 'revokedCertificates' | 'crls'>;

export const toAuthority = (row: AuthorityRow, counts: AuthorityCounts): Authority => {
  const certificate = new X509Certificate(row.certificatePem);
  const { asymmetricKeyType = '', asymmetricKeyDetails } = certificate.publicKey;
  return {
    id: row.id,
    kind: row.kind,
    ownedByTenant: row.tenantId !== null,
    generation: row.generation,
    state: row.state,
    since: row.since.toISOString(),
    subject: certificate.subject.replaceAll('\n', ', '),
    keyId: readCertificate(certificate.raw).subjectKeyId ?? '',
    keyAlgorithm: [asymmetricKeyType, asymmetricKeyDetails?.namedCurve].filter(Boolean).join(' '),
    fingerprint: sha256OfPem(row.certificatePem),
    notBefore: certificate.validFromDate.toISOString(),
    notAfter: certificate.validToDate.toISOString(),
    signer: /^(pkcs11|vault|kms):/.exec(row.keyRef)?.[1] ?? 'file',
    ...counts,
    pem: row.certificatePem,
  };
};

export const toSigningKey = (row: SigningKeyRow): SigningKey => ({
  kid: row.kid,
  purpose: row.purpose,
  algorithm: row.algorithm,
  state: row.state,
  since: row.since.toISOString(),
  createdAt: row.createdAt.toISOString(),
  offline: row.keyRef === null,
  sinceBundle: row.sinceBundle,
  publicJwk: { ...row.publicJwk, kid: row.kid },
});

export const toBundle = (row: BundleRow, { seen, acknowledged }: Reception): Bundle => ({
  number: row.number,
  reason: row.reason,
  createdAt: row.createdAt.toISOString(),
  roots: row.roots,
  kids: row.kids,
  jws: row.jws,
  seen,
  acknowledged,
});

export const toStraggler = (row: StragglerRow) => ({ ...row, lastSeenAt: text(row.lastSeenAt) });

export const toTrustChange = (row: TrustChangeRow): TrustChange => ({
  id: row.id,
  state: row.state,
  input: row.input,
  summary: row.summary,
  comment: row.comment,
  requestedBy: row.requestedBy,
  requestedAt: row.requestedAt.toISOString(),
  decidedBy: row.decidedBy,
  decidedAt: text(row.decidedAt),
  outcome: row.outcome,
  expiresAt: row.expiresAt.toISOString(),
});
