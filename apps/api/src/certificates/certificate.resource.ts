import { X509Certificate } from 'node:crypto';
import type { Certificate, FleetCertificate } from '@muster/contracts/certificates/certificates.schema';
import { renewalWindow } from '@muster/domain/certificates/renewal-window';
import type { CertificateRow } from '@muster/persistence/certificates/certificate.store';
import type { FleetCertificateRow } from '@muster/persistence/certificates/fleet-certificate.store';
import { readCertificate } from '@muster/pki/path/read-certificate';

const text = (at: Date | null): string | null => at?.toISOString() ?? null;

export type RenewalDates = Pick<CertificateRow, 'serial' | 'notBefore' | 'notAfter' | 'renewRequestedAt'>;

/** The window as devices and people see it: this device's own moment, with an hour for its own spreading. */
export const renewalOf = (row: RenewalDates): { start: string; end: string } => {
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
    refusalProvenAt: text(row.refusalProvenAt),
    authorityId: row.authorityId,
    generation: row.generation,
    source: row.source,
    late: row.late,
    crlUri: readCertificate(certificate.raw).crlUri ?? '',
    pem: row.pem,
  };
};

export const toFleetCertificate = (row: FleetCertificateRow): FleetCertificate => {
  const { pem: _, ...certificate } = toCertificate(row);
  return { ...certificate, deviceName: row.deviceName };
};
