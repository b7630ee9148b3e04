import { deviceStore } from '../devices/device.store.js';
import { outbox } from '../outbox/outbox.store.js';
import type { Tx } from '../transaction.js';
import { certificateStore } from './certificate.store.js';

/**
 * The first use of a certificate, at whichever door: it becomes active, and what was active before it is superseded. Does
 * nothing for one that is not `issued`. Needs a system transaction.
 */
export async function activateCertificate(tx: Tx, fingerprint: string, now: Date): Promise<void> {
  const seen = await certificateStore.findByFingerprint(tx, fingerprint);
  if (seen?.state !== 'issued') return;
  // The device first, as everybody does who changes both: a revocation that commits meanwhile must not be written over.
  await deviceStore.lock(tx, seen.deviceId);
  const row = await certificateStore.present(tx, fingerprint);
  if (row?.state !== 'issued') return;
  await certificateStore.setState(tx, row.id, { state: 'active', reasonCode: null, reasonDetail: null }, now);
  for (const other of await certificateStore.listLive(tx, row.deviceId)) {
    if (other.id === row.id || other.state !== 'active') continue;
    const change = { state: 'superseded', reasonCode: 'renewed', reasonDetail: null } as const;
    await certificateStore.setState(tx, other.id, change, now);
  }
  await outbox.drop(tx, {
    tenantId: row.tenantId,
    type: 'certificate.activated',
    key: row.deviceId,
    payload: { certificateId: row.id, deviceId: row.deviceId },
  });
}
