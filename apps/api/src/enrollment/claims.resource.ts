import type { ClaimBatch } from '@muster/contracts/enrollment/claims.schema';
import type { ClaimSerialRow, CountedBatchRow } from '@muster/persistence/enrollment/claim-batch.store';

export const toClaimBatch = ({ authorityId: _, pem, ...row }: CountedBatchRow): ClaimBatch => ({
  ...row,
  certificate: pem,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
  revokedAt: row.revokedAt?.toISOString() ?? null,
});

export const toClaimSerial = ({ serial, usedAt, deviceId }: ClaimSerialRow) => ({
  serial,
  usedAt: usedAt?.toISOString() ?? null,
  deviceId,
});
