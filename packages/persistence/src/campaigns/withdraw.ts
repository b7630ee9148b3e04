import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import { commandStore } from '../commands/command.store.js';
import { deviceEventStore } from '../devices/device-event.store.js';
import type { NewLetter } from '../outbox/outbox.store.js';
import type { Tx } from '../transaction.js';
import type { CampaignRow } from './campaign.store.js';
import { CountDeltas, waveStore } from './wave.store.js';

interface Busy {
  readonly id: string;
  readonly campaignId: string;
  readonly deviceId: string;
  readonly wave: number;
  readonly state: ExecutionState;
}

const lockRecallable = (tx: Tx, campaignIds: readonly string[]): Promise<Busy[]> =>
  tx.query(
    `select id, campaign_id as "campaignId", device_id as "deviceId", wave, state from executions
     where tenant_id = $1 and campaign_id = any($2::uuid[]) and state in ('offered', 'accepted', 'downloading', 'downloaded')
     order by id for update`,
    [tx.tenantId, campaignIds],
  );

/**
 * Puts everything that has not passed the point of no return back into its queue, to be offered again some day, and
 * returns the letters that tell the devices. A command that was sent may be running: it is left alone. The caller has
 * locked the campaigns.
 */
export async function withdraw(
  tx: Tx,
  campaigns: readonly Pick<CampaignRow, 'id' | 'kind'>[],
  code: string,
  now: Date,
): Promise<NewLetter[]> {
  const kinds = new Map(campaigns.map(({ id, kind }) => [id, kind] as const));
  const busy = await lockRecallable(tx, [...kinds.keys()]);
  const ordered = busy.filter((row) => kinds.get(row.campaignId) === 'command' && row.state !== 'offered');
  const unsent = await commandStore.withdrawUnsent(
    tx,
    ordered.map((row) => row.id),
    code,
    now,
  );
  const spared = new Set(unsent.map((command) => command.executionId));
  const back = busy.filter((row) => !ordered.includes(row) || spared.has(row.id));

  await tx.execute(
    `update executions set state = 'queued', reason_code = $3, reason_detail = null, since = $4, phase = null, progress = null,
       offered_at = null, deadline_at = null, step_deadline_at = null, soak_until = null, finished_at = null,
       version = version + 1
     where tenant_id = $1 and id = any($2::uuid[])`,
    [tx.tenantId, back.map((row) => row.id), code, now],
  );
  const summary = `Update taken back (${code.replaceAll('_', ' ')})`;
  await deviceEventStore.append(
    tx,
    back.map(({ deviceId, campaignId }) => ({
      deviceId,
      kind: 'execution' as const,
      summary,
      facts: { campaignId, state: 'queued' },
    })),
    now,
  );
  for (const id of [...kinds.keys()].sort()) {
    const deltas = new CountDeltas();
    for (const row of back) if (row.campaignId === id) deltas.add(row.wave, row.state, 'queued');
    await waveStore.count(tx, id, deltas, now);
  }
  const told = back.map(({ id, campaignId, deviceId }) => ({
    tenantId: tx.tenantId!,
    type: kinds.get(campaignId) === 'release' ? 'execution.cancelled' : 'execution.changed',
    key: deviceId,
    payload: { executionId: id, campaignId, deviceId, ...(kinds.get(campaignId) !== 'release' && { state: 'queued' }) },
  }));
  const withdrawn = unsent.map(({ id, deviceId, state }) => ({
    tenantId: tx.tenantId!,
    type: 'command.changed',
    key: deviceId,
    payload: { commandId: id, deviceId, state },
  }));
  return [...told, ...withdrawn];
}
