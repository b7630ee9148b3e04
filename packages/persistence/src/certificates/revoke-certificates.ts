import { certificate } from '@muster/domain/certificates/certificate.machine';
import { type Actor, audit } from '../audit/audit.store.js';
import { deviceEventStore } from '../devices/device-event.store.js';
import { type NewLetter, outbox } from '../outbox/outbox.store.js';
import type { Tx } from '../transaction.js';
import { authorityStore } from '../trust/authority.store.js';
import { type CertificateRow, certificateStore } from './certificate.store.js';

export interface Revocation {
  readonly actor: Actor;
  /** An RFC 5280 reason name. */
  readonly reason: string;
  readonly comment: string | null;
  readonly requestId?: string;
}

/** Which certificates to revoke at once; of both, those in both. Live ones only. */
export interface Selection {
  readonly certificateIds?: readonly string[] | undefined;
  readonly authorityId?: string | undefined;
}

/**
 * Revokes one certificate in the caller's transaction: state, audit, timeline, the letter that cuts the session and the
 * word that revocation lists change. What it was renewed to and nobody used goes with it, unless it was merely replaced:
 * whoever held the key that is out may have asked for it. Undefined when it is in a state that cannot be revoked. The
 * caller holds the row's lock, and that of its device.
 */
export const revokeOne = async (
  tx: Tx,
  row: CertificateRow,
  revocation: Revocation,
  now: Date,
): Promise<CertificateRow | undefined> => {
  const { actor, reason, comment, requestId } = revocation;
  const step = certificate.next(row.state, 'revoke');
  if (step.kind === 'refused') return undefined;
  const change = { state: step.state, reasonCode: reason, reasonDetail: comment };
  const revoked = await certificateStore.setState(tx, row.id, change, now);
  const record = {
    actor,
    action: 'certificate.revoked',
    resource: `certificate:${row.id}`,
    before: { state: row.state },
    after: { state: step.state, reason, deviceId: row.deviceId, serial: row.serial },
    ...(comment === null ? {} : { reason: comment }),
    ...(requestId === undefined ? {} : { requestId }),
  };
  await audit.append(tx, record, row.tenantId);
  await tell(tx, [row], reason, now);
  if (reason !== 'superseded')
    for (const unused of await certificateStore.listUnusedAfter(tx, row.id))
      await revokeOne(tx, unused, revocation, now);
  return revoked;
};

/** Every certificate of a device that could still open a session, e.g. when it is decommissioned. */
export const revokeAllOf = async (tx: Tx, deviceId: string, revocation: Revocation, now: Date): Promise<void> => {
  for (const row of await certificateStore.listLive(tx, deviceId)) await revokeOne(tx, row, revocation, now);
};

/**
 * Revokes all of a selection that is live, with one audit entry for the order and a letter for each. In a tenant's
 * transaction, which may be begun anew when it collides with a device at work.
 */
export const revokeMany = async (
  tx: Tx,
  selection: Selection,
  { actor, reason, comment, requestId }: Revocation,
  now: Date,
): Promise<{ revoked: number; devices: number }> => {
  const revoked = await certificateStore.revokeSelected(tx, selection, { reason, comment }, now);
  const devices = new Set(revoked.map(({ deviceId }) => deviceId)).size;
  await audit.append(tx, {
    actor,
    action: 'certificates.revoked',
    resource: selection.authorityId === undefined ? 'certificates' : `authority:${selection.authorityId}`,
    after: { reason, revoked: revoked.length, devices, asked: selection.certificateIds?.length ?? null },
    ...(comment === null ? {} : { reason: comment }),
    ...(requestId === undefined ? {} : { requestId }),
  });
  if (revoked.length > 0) await tell(tx, revoked, reason, now);
  return { revoked: revoked.length, devices };
};

/**
 * Puts what could open a session of the device on hold, or takes it off again: reversible, and on the lists meanwhile. The
 * session is cut by the letter about the device.
 */
export const suspendAllOf = async (
  tx: Tx,
  deviceId: string,
  event: 'hold' | 'release',
  reason: { readonly code: string; readonly detail: string | null },
  now: Date,
): Promise<void> => {
  for (const row of await certificateStore.listLive(tx, deviceId)) {
    const step = certificate.next(row.state, event === 'release' && !row.activatedAt ? 'release_unused' : event);
    if (step.kind === 'refused') continue;
    const change = { state: step.state, reasonCode: reason.code, reasonDetail: reason.detail };
    await certificateStore.setState(tx, row.id, change, now);
    if (event === 'hold') await certificateStore.announceRevoked(tx, [row]);
  }
  await authorityStore.announceTrustChange(tx);
};

type Revoked = Pick<CertificateRow, 'id' | 'tenantId' | 'deviceId' | 'serial' | 'fingerprint'>;

const tell = async (tx: Tx, rows: readonly Revoked[], reason: string, now: Date): Promise<void> => {
  const events = rows.map(({ deviceId, serial }) => ({
    deviceId,
    kind: 'certificate' as const,
    summary: `Certificate ${serial.slice(0, 8)}… revoked (${reason}).`,
  }));
  await deviceEventStore.append(tx, events, now, rows[0]!.tenantId);
  const letters = rows.map(
    ({ id, tenantId, deviceId, fingerprint }): NewLetter => ({
      tenantId,
      type: 'certificate.revoked',
      key: deviceId,
      payload: { certificateId: id, deviceId, fingerprint },
    }),
  );
  await outbox.dropAll(tx, letters);
  await certificateStore.announceRevoked(tx, rows);
  await authorityStore.announceTrustChange(tx);
};
