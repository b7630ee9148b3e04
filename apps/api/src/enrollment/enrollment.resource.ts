import { X509Certificate } from 'node:crypto';
import type { Certificate, EnrollmentToken } from '@muster/contracts/enrollment/enrollment.schema';
import { renewalWindow } from '@muster/domain/enrollment/renewal-window';
import type { CertificateRow } from '@muster/persistence/enrollment/certificate.store';
import type { TokenRow, TokenSteps } from '@muster/persistence/enrollment/enrollment-token.store';

const text = (at: Date | null): string | null => at?.toISOString() ?? null;

/** The window as devices and people see it: this device's own moment, with an hour for its own spreading. */
export const renewalOf = (row: CertificateRow): { start: string; end: string } => {
  const { start, end } = renewalWindow({ ...row, requestedAt: row.renewRequestedAt });
  return {
    start: start.toISOString(),
    end: new Date(Math.min(end.getTime(), start.getTime() + 3_600_000)).toISOString(),
  };
};

export const toCertificate = (row: CertificateRow): Certificate => {
  const certificate = new X509Certificate(row.pem);
  const { start, end } = renewalWindow({ ...row, requestedAt: row.renewRequestedAt });
  const { asymmetricKeyType = '', asymmetricKeyDetails } = certificate.publicKey;
  return {
    id: row.id,
    deviceId: row.deviceId,
    serial: row.serial,
    fingerprint: row.fingerprint,
    state: row.state,
    reasonCode: row.reasonCode,
    reasonDetail: row.reasonDetail,
    since: row.since.toISOString(),
    subject: certificate.subject,
    uri: (certificate.subjectAltName ?? '').replace(/^URI:/, ''),
    issuer: certificate.issuer.replaceAll('\n', ', '),
    keyAlgorithm: [asymmetricKeyType, asymmetricKeyDetails?.namedCurve].filter(Boolean).join(' '),
    notBefore: row.notBefore.toISOString(),
    notAfter: row.notAfter.toISOString(),
    renewFrom: start.toISOString(),
    renewBy: end.toISOString(),
    createdAt: row.createdAt.toISOString(),
    activatedAt: text(row.activatedAt),
    revokedAt: text(row.revokedAt),
    sessionCutAt: text(row.sessionCutAt),
    handshakeRefusedAt: text(row.handshakeRefusedAt),
  };
};

export const noSteps: TokenSteps = {
  deviceId: null,
  certificateIssuedAt: null,
  connectedAt: null,
  firstTelemetryAt: null,
  refusals: [],
};

export const toToken = (row: TokenRow, steps: TokenSteps): EnrollmentToken => ({
  ...row,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
  revokedAt: text(row.revokedAt),
  steps: {
    deviceId: steps.deviceId,
    // Token, device and certificate are written in one transaction, so they share their moment.
    tokenUsedAt: text(steps.certificateIssuedAt),
    certificateIssuedAt: text(steps.certificateIssuedAt),
    connectedAt: text(steps.connectedAt),
    firstTelemetryAt: text(steps.firstTelemetryAt),
    refusals: steps.refusals.map(({ at, code, detail }) => ({ at: at.toISOString(), code, detail })),
  },
});
