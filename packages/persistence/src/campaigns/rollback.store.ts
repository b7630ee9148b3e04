import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { returnBlock } from '@muster/domain/campaigns/plan-return';
import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../transaction.js';
import { type CampaignRow, campaignStore } from './campaign.store.js';
import { decisionStore } from './decision.store.js';
import { recall } from './recall.js';
import { type Returnable, returnables } from './returnable.store.js';
import { type Target, targetStore } from './target.store.js';
import { CountDeltas, waveStore } from './wave.store.js';

/**
 * A return is one wave with the parent's pace. Its gate stops it when going back fails as well, for then somebody has
 * to look; it never rolls back itself. Nothing that can wait holds it: no window, no budget of a site, no time of its own.
 */
const returnPlan = ({ startAt, windows, siteBudget, lateJoiners, jitterS, ...plan }: CampaignPlan): CampaignPlan => ({
  ...plan,
  waves: [{ size: { percent: 100 } }],
  gate: { maxFailureRate: 0.3, maxTimeoutRate: 0.5, minSuccessRate: 0.5, minSample: 5, minResolvedShare: 1, soakS: 0 },
  autoRollback: false,
  approval: false,
});

const blockOf = (row: Returnable): string | null =>
  returnBlock(
    row.previousReleaseId === null || row.previousState === null
      ? null
      : {
          releaseId: row.previousReleaseId,
          state: row.previousState,
          artifactComplete: row.previousArtifactComplete,
          rollbackIndex: row.previousRollbackIndex,
        },
    row.floor,
  );

/**
 * Creates the child campaign that returns every device possibly on the parent's release to its own last known good, the
 * one updated last first. Devices still busy with the parent are queued too and wait until they are free. The caller
 * has locked the parent and moves it.
 */
export async function startRollback(
  tx: Tx,
  parent: CampaignRow,
  now: Date,
): Promise<{ childId: string; sentence: string }> {
  const rows = await returnables(tx, parent);
  const targets = rows.map((row, position): Target => {
    const block = blockOf(row);
    return {
      deviceId: row.deviceId,
      wave: 1,
      position,
      releaseId: row.previousReleaseId,
      previousReleaseId: parent.releaseId,
      previousVersion: parent.releaseVersion,
      state: block === null ? 'queued' : 'rollback_blocked',
      reasonCode: block,
    };
  });
  const blocked = targets.filter((target) => target.state === 'rollback_blocked').length;
  const childId = uuidv7();
  await campaignStore.insert(
    tx,
    {
      id: childId,
      parentId: parent.id,
      kind: 'release',
      name: `Return from ${parent.name}`,
      state: 'preparing',
      releaseId: null,
      configId: null,
      configNumber: null,
      command: null,
      selector: {},
      plan: returnPlan(parent.plan),
      createdBy: 'system',
    },
    now,
  );
  const size = targets.length;
  const counts = { queued: size - blocked, rollback_blocked: blocked };
  await waveStore.insertAll(tx, childId, [{ n: 1, cumulative: size, size, counts }], now);
  await targetStore.freeze(tx, childId, targets, now);
  await campaignStore.setFrozen(tx, childId, { targets: size, exclusions: 0 });
  await releaseSoaking(tx, parent.id, now);
  const started = { wave: null, verdict: null, inputs: { targets: size, blocked }, limits: {} } as const;
  const sentence = await decisionStore.append(
    tx,
    parent.id,
    { ...started, kind: 'rollback_started', code: 'rollback_started' },
    now,
  );
  return { childId, sentence };
}

/**
 * Returns devices by somebody's order while others are still at it: those are called back first. Executions are locked
 * before any counts, as reports lock them.
 */
export async function recallAndReturn(tx: Tx, parent: CampaignRow, now: Date): Promise<{ childId: string }> {
  await tx.query(
    `select from executions where tenant_id = $1 and campaign_id = $2 and state = 'soaking' order by id for update`,
    [tx.tenantId, parent.id],
  );
  await recall(tx, parent.id, 'campaign_rolled_back', now);
  return startRollback(tx, parent, now);
}

/** A device in its soak is up and free to be returned; its verdict no longer matters. */
async function releaseSoaking(tx: Tx, campaignId: string, now: Date): Promise<void> {
  const moved = await tx.query<{ wave: number; n: number }>(
    `with moved as (update executions set state = 'superseded', reason_code = 'rollback', since = $3, finished_at = $3,
         soak_until = null, version = version + 1
       where tenant_id = $1 and campaign_id = $2 and state = 'soaking' returning wave)
     select wave, count(*)::int as n from moved group by wave`,
    [tx.tenantId, campaignId, now],
  );
  const deltas = new CountDeltas();
  for (const { wave, n } of moved) deltas.add(wave, 'soaking', 'superseded', n);
  await waveStore.count(tx, campaignId, deltas, now);
}
