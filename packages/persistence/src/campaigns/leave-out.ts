import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import { waitingStates } from '@muster/domain/campaigns/execution.machine';
import type { NewLetter } from '../outbox/outbox.store.js';
import type { Tx } from '../transaction.js';
import { targetStore } from './target.store.js';
import { CountDeltas, waveStore } from './wave.store.js';

export interface LeftOut {
  readonly removed: number;
  /** To be dropped by the caller, with its own. */
  readonly letters: readonly NewLetter[];
}

/**
 * Takes targets that still wait out of a campaign whose row the caller has locked, each with the reason; those that are
 * past waiting stay. Waves to come that lose everybody are skipped. A device that had an offer before is told to forget it.
 */
export async function leaveOut(
  tx: Tx,
  campaignId: string,
  deviceIds: readonly string[],
  reason: { readonly code: string; readonly detail: string | null },
  now: Date,
): Promise<LeftOut> {
  const rows = await tx.query<{ id: string; deviceId: string; wave: number; was: ExecutionState; offered: boolean }>(
    `with waiting as (select e.id, e.state from executions e
       where e.tenant_id = $1 and e.campaign_id = $2 and e.device_id = any($3::uuid[]) and e.state = any($4::text[])
       order by e.id for update)
     update executions e set state = 'removed', reason_code = $5, reason_detail = $6, since = $7, finished_at = $7,
       not_before = null, version = e.version + 1
     from waiting w where e.tenant_id = $1 and e.id = w.id
     returning e.id, e.device_id as "deviceId", e.wave, w.state as was, e.offered_at is not null as offered`,
    [tx.tenantId, campaignId, deviceIds, waitingStates, reason.code, reason.detail, now],
  );
  await targetStore.exclude(
    tx,
    campaignId,
    rows.map(({ deviceId }) => ({ deviceId, ...reason })),
  );
  const deltas = new CountDeltas();
  for (const row of rows) deltas.add(row.wave, row.was, 'removed');
  await waveStore.count(tx, campaignId, deltas, now);
  await waveStore.skipDeserted(tx, campaignId, now);
  await targetStore.recountExclusions(tx, campaignId);
  const letters = rows.map(({ id, deviceId, offered }) => ({
    tenantId: tx.tenantId!,
    type: offered ? 'execution.cancelled' : 'execution.changed',
    key: deviceId,
    payload: { executionId: id, campaignId, deviceId, ...(offered ? {} : { state: 'removed' }) },
  }));
  return { removed: rows.length, letters };
}
