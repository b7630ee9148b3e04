import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import type { CampaignPlan, GateLimits } from '@muster/contracts/campaigns/plans.schema';
import { addCounts, type StateCounts, slotsTaken } from '@muster/domain/campaigns/count-executions';
import { liveStates } from '@muster/domain/campaigns/execution.machine';
import type { CandidateFacts, TickFacts, TimerFacts, WaveFacts } from '@muster/domain/campaigns/tick-facts';
import type { Tx } from '../transaction.js';
import { type CampaignRow, campaignStore } from './campaign.store.js';
import { type WaveRow, waveStore } from './wave.store.js';

/** At most this many single executions are looked at in one step; the tick comes back for more at once. */
const BATCH = 500;
/** How far from its head a queue is searched for devices that are away. */
const HEAD = 500;
/** Of devices that are away, so many are looked after in one step; a campaign of more takes several to see them all. */
const LOOKED_AFTER = 1_000;

export interface LoadedTick {
  readonly campaign: CampaignRow;
  readonly facts: TickFacts;
  /** Version of each single execution in the facts: it is changed only if it is still the same. */
  readonly versions: ReadonlyMap<string, number>;
}

const limitsOf = (plan: CampaignPlan, n: number): GateLimits => plan.waves[n - 1]?.gate ?? plan.gate;

/** A wave's row as the fact decisions are made from. */
export const waveFacts = (plan: CampaignPlan, row: WaveRow): WaveFacts => ({
  n: row.n,
  state: row.state,
  size: row.size,
  limits: limitsOf(plan, row.n),
  holdAfter: plan.waves[row.n - 1]?.holdAfter ?? false,
  counts: row.counts,
  forgiven: row.forgiven,
  soakUntil: row.soakUntil,
  judged: row.reasonCode,
});

type Versioned<T> = T & { readonly version: number };

/** Everything one decision needs, read in the caller's transaction. Cost follows what is due, not how many targets there are. */
export async function loadTick(tx: Tx, campaignId: string, now: Date): Promise<LoadedTick | null> {
  const campaign = await campaignStore.get(tx, campaignId);
  if (campaign === null) return null;
  const { plan } = campaign;
  const waves = (await waveStore.list(tx, [campaignId])).map((row) => waveFacts(plan, row));
  const free = Math.max(0, plan.concurrency - slotsTaken(addCounts(waves.map((wave) => wave.counts))));
  const open = waves.filter((w) => w.state === 'open' || w.state === 'soaking' || w.state === 'passed').map((w) => w.n);
  const offering = (campaign.state === 'running' || campaign.state === 'held') && open.length > 0;

  const away = waves.reduce((sum, wave) => sum + (wave.counts.unreachable ?? 0), 0);
  const targets = waves.reduce((sum, wave) => sum + wave.size, 0);

  const timers = await dueTimers(tx, campaignId, now);
  const most = offering ? Math.min(free, BATCH) : 0;
  const candidates = [
    ...(most > 0 && away > 0 ? await returned(tx, campaignId, open, sliceOf(away, targets, now), most) : []),
    ...(most > 0 ? await nextInQueue(tx, campaignId, open, most) : []),
  ];
  const absent = offering
    ? await absentees(tx, campaignId, open, new Date(now.getTime() - plan.stepTimeoutS * 1000))
    : [];
  const retryable = offering && plan.retries > 0 ? await retryables(tx, campaignId, open, plan.retries) : [];
  const pace = offering && plan.ratePerMinute !== null ? await offeredSince(tx, campaignId, now) : 0;
  const facts: TickFacts = {
    campaign: {
      state: campaign.state,
      kind: campaign.kind,
      isRollback: campaign.parentId !== null,
      releaseRevoked: campaign.releaseRevoked,
    },
    plan,
    waves,
    timers,
    candidates,
    absent: absent.map((row) => row.executionId),
    retryable: retryable.map((row) => row.executionId),
    offeredLastMinute: pace,
    // Asked once, for the answer ends the halt; without an automatic rollback nobody wants to know.
    returnable:
      campaign.state === 'halted' && plan.autoRollback && campaign.childId === null
        ? (await returnables(tx, campaign)).length
        : 0,
    rollback: campaign.childId === null ? null : await rollbackOf(tx, campaign.childId),
  };
  const versions = new Map(
    [...timers, ...candidates, ...absent, ...retryable].map((row) => [row.executionId, row.version] as const),
  );
  return { campaign, facts, versions };
}

const dueTimers = (tx: Tx, campaignId: string, now: Date): Promise<Versioned<TimerFacts>[]> =>
  tx.query(
    `select e.id as "executionId", e.state, e.since, e.deadline_at as "deadlineAt", e.step_deadline_at as "stepDeadlineAt",
       e.soak_until as "soakUntil", s.last_seen_at as "lastSeenAt", r.version as "wantedVersion",
       d.firmware_version as "reportedVersion", s.health->>'status' as health, e.version
     from executions e
     join devices d on d.tenant_id = e.tenant_id and d.id = e.device_id
     left join device_state s on s.device_key = d.device_key
     left join releases r on r.tenant_id = e.tenant_id and r.id = e.release_id
     where e.tenant_id = $1 and e.campaign_id = $2 and e.state = any($3::text[])
       and (e.deadline_at <= $4 or e.step_deadline_at <= $4
         or (e.state = 'soaking' and e.soak_until <= $4 and s.last_seen_at > e.since))
     order by e.id limit ${BATCH}`,
    [tx.tenantId, campaignId, liveStates, now],
  );

/** What every candidate must be: active, connected, and not busy with another execution. */
const candidate = `e.id as "executionId", e.wave, e.position, r.version as "wantedVersion",
    d.firmware_version as "reportedVersion", e.version`;
const reachable = `join devices d on d.tenant_id = e.tenant_id and d.id = e.device_id and d.state = 'active'
  join device_state s on s.device_key = d.device_key and s.connected
  left join releases r on r.tenant_id = e.tenant_id and r.id = e.release_id
  where not exists (select from executions busy where busy.device_id = e.device_id
    and busy.state in ('offered', 'accepted', 'deferred', 'downloading', 'downloaded', 'installing', 'rebooting',
      'verifying', 'soaking', 'rolling_back'))`;

/**
 * Head of the queue among reachable, free devices of opened waves. The index of the queue is walked in its order until
 * enough are found: passing over devices that are away ends when they are set aside.
 */
const nextInQueue = (
  tx: Tx,
  campaignId: string,
  waves: readonly number[],
  limit: number,
): Promise<Versioned<CandidateFacts>[]> =>
  tx.query(
    `select ${candidate} from executions e ${reachable}
       and e.tenant_id = $1 and e.campaign_id = $2 and e.state = 'queued' and e.wave = any($3::int[])
       and e.wave between $4 and $5
     order by e.tenant_id, e.campaign_id, e.wave, e.position limit $6`,
    [tx.tenantId, campaignId, waves, Math.min(...waves), Math.max(...waves), limit],
  );

interface Slice {
  readonly from: number;
  readonly until: number;
}

/** The part of the target list, by position, that is looked after now; the clock chooses, so that every part gets its turn. */
function sliceOf(away: number, targets: number, now: Date): Slice {
  const slices = Math.ceil(away / LOOKED_AFTER);
  const width = Math.ceil((targets + 1) / slices);
  const from = (now.getTime() % slices) * width;
  return { from, until: from + width };
}

/** Devices that were given up for a while and are back. */
const returned = (
  tx: Tx,
  campaignId: string,
  waves: readonly number[],
  { from, until }: Slice,
  limit: number,
): Promise<Versioned<CandidateFacts>[]> =>
  tx.query(
    `select ${candidate} from executions e ${reachable}
       and e.tenant_id = $1 and e.campaign_id = $2 and e.state = 'unreachable' and e.wave = any($3::int[])
       and e.position >= $4 and e.position < $5
     order by e.position limit $6`,
    [tx.tenantId, campaignId, waves, from, until, limit],
  );

const absentees = (
  tx: Tx,
  campaignId: string,
  waves: readonly number[],
  openedBefore: Date,
): Promise<{ executionId: string; version: number }[]> =>
  tx.query(
    `select h.id as "executionId", h.version from (
       select e.id, e.tenant_id, e.device_id, e.version, e.since from executions e
       join campaign_waves w on w.tenant_id = e.tenant_id and w.campaign_id = e.campaign_id and w.n = e.wave
       where e.tenant_id = $1 and e.campaign_id = $2 and e.wave = any($3::int[]) and e.state = 'queued'
         and w.opened_at <= $4 order by e.wave, e.position limit ${HEAD}) h
     left join device_state s on s.device_id = h.device_id
     where not coalesce(s.connected, false) and h.since <= $4 limit ${BATCH}`,
    [tx.tenantId, campaignId, waves, openedBefore],
  );

const retryables = (
  tx: Tx,
  campaignId: string,
  waves: readonly number[],
  retries: number,
): Promise<{ executionId: string; version: number }[]> =>
  tx.query(
    `select e.id as "executionId", e.version from executions e
     where e.tenant_id = $1 and e.campaign_id = $2 and e.wave = any($3::int[]) and e.attempt <= $4
       and e.state in ('failed', 'timed_out', 'in_doubt')
       and not exists (select from executions n where n.tenant_id = e.tenant_id and n.campaign_id = e.campaign_id
         and n.device_id = e.device_id and n.attempt > e.attempt)
     order by e.position limit ${BATCH}`,
    [tx.tenantId, campaignId, waves, retries],
  );

const offeredSince = async (tx: Tx, campaignId: string, now: Date): Promise<number> => {
  const [row] = await tx.query<{ n: number }>(
    `select count(*)::int as n from executions where tenant_id = $1 and campaign_id = $2 and offered_at > $3`,
    [tx.tenantId, campaignId, new Date(now.getTime() - 60_000)],
  );
  return row!.n;
};

const rollbackOf = async (tx: Tx, childId: string): Promise<TickFacts['rollback']> => {
  const child = await campaignStore.get(tx, childId);
  if (child === null) return null;
  const waves = await waveStore.list(tx, [childId]);
  return { state: child.state, counts: addCounts(waves.map((wave): StateCounts => wave.counts)) };
};

export interface Returnable {
  readonly deviceId: string;
  readonly state: ExecutionState;
  readonly finishedAt: Date | null;
  readonly previousReleaseId: string | null;
  readonly previousVersion: string | null;
  readonly previousState: 'draft' | 'signed' | 'published' | 'revoked' | null;
  readonly previousArtifactComplete: boolean;
  readonly previousRollbackIndex: number;
  readonly floor: number;
}

/** Devices that are, or may be, on the campaign's release; the one updated last comes first. */
export const returnables = (tx: Tx, campaign: CampaignRow): Promise<Returnable[]> =>
  tx.query(
    `select e.device_id as "deviceId", e.state, e.finished_at as "finishedAt", t.previous_release_id as "previousReleaseId",
       t.previous_version as "previousVersion", p.state as "previousState",
       coalesce(a.state = 'complete', false) as "previousArtifactComplete",
       coalesce(p.rollback_index, 0) as "previousRollbackIndex", r.rollback_index as floor
     from executions e
     join campaign_targets t on t.tenant_id = e.tenant_id and t.campaign_id = e.campaign_id and t.device_id = e.device_id
     join devices d on d.tenant_id = e.tenant_id and d.id = e.device_id
     join releases r on r.tenant_id = e.tenant_id and r.id = e.release_id
     left join releases p on p.tenant_id = t.tenant_id and p.id = t.previous_release_id
     left join artifacts a on a.tenant_id = p.tenant_id and a.id = p.artifact_id
     where e.tenant_id = $1 and e.campaign_id = $2 and e.offered_at is not null
       and not exists (select from executions n where n.tenant_id = e.tenant_id and n.campaign_id = e.campaign_id
         and n.device_id = e.device_id and n.attempt > e.attempt)
       and (e.state in ('succeeded', 'soaking', 'installing', 'rebooting', 'verifying')
         or d.firmware_version = r.version
         or (e.state in ('timed_out', 'in_doubt') and e.phase in ('installing', 'rebooting', 'verifying', 'soaking')))
       and e.state <> 'rolled_back'
     order by e.finished_at desc nulls first, e.position desc`,
    [tx.tenantId, campaign.id],
  );
