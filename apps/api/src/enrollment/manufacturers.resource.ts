import { X509Certificate } from 'node:crypto';
import type { Manufacturer } from '@muster/contracts/enrollment/manufacturers.schema';
import type { ManufacturerRow } from '@muster/persistence/enrollment/manufacturer.store';

export const toManufacturer = ({ certificatePem, keyId: _, keyHash: __, ...row }: ManufacturerRow): Manufacturer => {
  const certificate = new X509Certificate(certificatePem);
  return {
    ...row,
    certificate: certificatePem,
    subject: certificate.subject.replaceAll('\n', ', '),
    notAfter: certificate.validToDate.toISOString(),
    challengeExpiresAt: row.challengeExpiresAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    provenAt: row.provenAt?.toISOString() ?? null,
  };
};
