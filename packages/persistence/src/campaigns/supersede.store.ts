import { campaign as machine } from '@muster/domain/campaigns/campaign.machine';
import { liveStates, recallableStates } from '@muster/domain/campaigns/execution.machine';
import { done, type Result, refused } from '@muster/domain/result';
import type { AuditRecord } from '../audit/audit.store.js';
import type { NewLetter } from '../outbox/outbox.store.js';
import { outbox } from '../outbox/outbox.store.js';
import type { Tx } from '../transaction.js';
import { type CampaignRow, campaignStore } from './campaign.store.js';
import { decisionStore } from './decision.store.js';
import { CountDeltas, waveStore } from './wave.store.js';

/** What has not passed the point of no return: it never starts, or is told to let it be. */
const givenUp = ['queued', 'unreachable', ...recallableStates] as const;
const live: ReadonlySet<string> = new Set(liveStates);

/**
 * A newer campaign takes the place of one that still moves: that one stops with reason `superseded`, what has not passed
 * the point of no return is given up and its devices are told, the rest finishes. One that has ended needs nothing.
 * The caller has locked the newer campaign's row, and appends the audit entry it gets when it is done: that log is one
 * line per tenant, so nobody holds its end while waiting for rows. Null when there was nothing to do.
 */
export async function supersedeCampaign(
  tx: Tx,
  oldId: string,
  by: Pick<CampaignRow, 'id' | 'name' | 'createdBy' | 'approvedBy'>,
  now: Date,
): Promise<Result<AuditRecord | null, 'campaign_state_refused'>> {
  const old = await campaignStore.lock(tx, oldId);
  if (old === null || old.finishedAt !== null) return done(null);
  const step = machine.next(old.state, 'stop');
  if (step.kind === 'refused' && old.state !== 'stopping')
    return refused(
      'campaign_state_refused',
      `${old.name} is ${old.state.replaceAll('_', ' ')} and cannot be replaced.`,
      {
        campaignId: oldId,
        state: old.state,
      },
    );
  const to = step.kind === 'refused' ? old.state : step.state;
  await campaignStore.move(tx, oldId, { to, code: 'superseded', detail: `replaced by ${by.name}` }, now);
  await decisionStore.append(
    tx,
    oldId,
    {
      kind: 'operator',
      wave: null,
      verdict: null,
      code: 'supersede',
      inputs: { by: by.approvedBy ?? by.createdBy, reason: `replaced by ${by.name}`, campaignId: by.id },
      limits: {},
    },
    now,
  );
  const letters = await giveUp(tx, oldId, now);
  letters.push({
    tenantId: tx.tenantId!,
    type: 'campaign.changed',
    key: oldId,
    payload: { campaignId: oldId, state: to },
  });
  await outbox.dropAll(tx, letters);
  return done({
    actor: { type: 'system', id: 'campaign-engine' },
    action: 'campaign.superseded',
    resource: `campaign:${oldId}`,
    before: { state: old.state },
    after: { state: to, by: by.id },
  });
}

async function giveUp(tx: Tx, campaignId: string, now: Date): Promise<NewLetter[]> {
  const rows = await tx.query<{ id: string; deviceId: string; wave: number; was: (typeof givenUp)[number] }>(
    `with given_up as (select id, state from executions
       where tenant_id = $1 and campaign_id = $2 and state = any($3::text[]) order by id for update)
     update executions e set state = 'superseded', reason_code = 'superseded', reason_detail = null, since = $4,
       finished_at = $4, phase = coalesce(e.phase, g.state), step_deadline_at = null, version = e.version + 1
     from given_up g where e.tenant_id = $1 and e.id = g.id
     returning e.id, e.device_id as "deviceId", e.wave, g.state as was`,
    [tx.tenantId, campaignId, givenUp, now],
  );
  const deltas = new CountDeltas();
  for (const row of rows) deltas.add(row.wave, row.was, 'superseded');
  await waveStore.count(tx, campaignId, deltas, now);
  return rows
    .filter((row) => live.has(row.was))
    .map(({ id, deviceId }) => ({
      tenantId: tx.tenantId!,
      type: 'execution.cancelled',
      key: deviceId,
      payload: { executionId: id, campaignId, deviceId },
    }));
}
