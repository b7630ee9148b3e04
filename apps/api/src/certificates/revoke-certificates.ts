import { certificate } from '@muster/domain/certificates/certificate.machine';
import { type Actor, audit } from '@muster/persistence/audit/audit.store';
import { type CertificateRow, certificateStore } from '@muster/persistence/certificates/certificate.store';
import type { Tx } from '@muster/persistence/database';
import { deviceEventStore } from '@muster/persistence/devices/device-event.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { authorityStore } from '@muster/persistence/trust/authority.store';

export interface Revocation {
  readonly actor: Actor;
  /** An RFC 5280 reason name. */
  readonly reason: string;
  readonly comment: string | null;
  readonly requestId?: string;
}

/**
 * Revokes one certificate in the caller's transaction: state, audit, timeline, the letter that cuts the session and the
 * word that revocation lists change. Undefined when it is in a state that cannot be revoked.
 */
export const revokeOne = async (
  tx: Tx,
  row: CertificateRow,
  { actor, reason, comment, requestId }: Revocation,
  now: Date,
): Promise<CertificateRow | undefined> => {
  const step = certificate.next(row.state, 'revoke');
  if (step.kind === 'refused') return undefined;
  const change = { state: step.state, reasonCode: reason, reasonDetail: comment };
  const revoked = await certificateStore.setState(tx, row.id, change, now);
  await audit.append(tx, {
    actor,
    action: 'certificate.revoked',
    resource: `certificate:${row.id}`,
    before: { state: row.state },
    after: { state: step.state, reason, deviceId: row.deviceId, serial: row.serial },
    ...(comment === null ? {} : { reason: comment }),
    ...(requestId === undefined ? {} : { requestId }),
  });
  const summary = `Certificate ${row.serial.slice(0, 8)}… revoked (${reason}).`;
  await deviceEventStore.append(tx, [{ deviceId: row.deviceId, kind: 'certificate', summary }], now);
  const payload = { certificateId: row.id, deviceId: row.deviceId, fingerprint: row.fingerprint };
  await outbox.drop(tx, { tenantId: row.tenantId, type: 'certificate.revoked', key: row.deviceId, payload });
  await authorityStore.announceTrustChange(tx);
  return revoked;
};

/** Every certificate of a device that could still open a session, e.g. when it is quarantined or decommissioned. */
export const revokeAllOf = async (tx: Tx, deviceId: string, revocation: Revocation, now: Date): Promise<void> => {
  for (const row of await certificateStore.listLive(tx, deviceId)) await revokeOne(tx, row, revocation, now);
};
