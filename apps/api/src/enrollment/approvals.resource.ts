import type { Approval } from '@muster/contracts/enrollment/approvals.schema';
import type { ApprovalRow } from '@muster/persistence/enrollment/approval.store';
import { fingerprintWords } from '@muster/pki/client/fingerprint-words';

export const toApproval = (row: ApprovalRow, now: Date): Approval => ({
  id: row.id,
  // What nobody answered in time has ended, whether or not anybody came by to write it down.
  state: (row.state === 'pending' || row.state === 'approved') && row.expiresAt <= now ? 'expired' : row.state,
  kind: row.kind,
  via: row.via,
  model: row.model,
  serial: row.serial,
  name: row.name,
  deviceId: row.deviceId,
  keySha256: row.keyHash,
  words: fingerprintWords(row.keyHash),
  keyAlgorithm: row.keyAlgorithm,
  sourceAddress: row.address,
  createdAt: row.createdAt.toISOString(),
  lastAskedAt: row.lastAskedAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
  decidedBy: row.decidedBy,
  decidedAt: row.decidedAt?.toISOString() ?? null,
  reason: row.reason,
});
