import type { CampaignPlan, GateLimits } from '@muster/contracts/campaigns/plans.schema';
import { addCounts, type StateCounts, slotsTaken, total } from '@muster/domain/campaigns/count-executions';
import { busyStates } from '@muster/domain/campaigns/execution.machine';
import { FRESH_MS } from '@muster/domain/campaigns/judge-wave';
import { offerableSites, type PaceFacts, paceWaits } from '@muster/domain/campaigns/offerable-sites';
import { PATIENCE_S } from '@muster/domain/campaigns/settle-timers';
import type { CandidateFacts, TickFacts, TimerFacts, WaveFacts } from '@muster/domain/campaigns/tick-facts';
import { deltaStore } from '../releases/delta.store.js';
import { brakeStore } from '../tenants/brake.store.js';
import type { Tx } from '../transaction.js';
import { type CampaignRow, campaignStore } from './campaign.store.js';
import {
  absentees,
  BATCH,
  deferred,
  deferring,
  nextInQueue,
  type OpenField,
  offeredSince,
  retryables,
  returned,
  sliceOf,
  type Versioned,
} from './candidate.store.js';
import { loadPace } from './pace.store.js';
import { returnables } from './returnable.store.js';
import { type WaveRow, waveStore } from './wave.store.js';

export interface LoadedTick {
  readonly campaign: CampaignRow;
  readonly facts: TickFacts;
  /** Version of each single execution in the facts: it is changed only if it is still the same. */
  readonly versions: ReadonlyMap<string, number>;
}

const limitsOf = (plan: CampaignPlan, n: number): GateLimits => plan.waves[n - 1]?.gate ?? plan.gate;

/**
 * A wave's row as the fact decisions are made from. Evidence from service that is old by `now` is none; without `now`
 * it counts as the newest verdict on the wave took it.
 */
export const waveFacts = (plan: CampaignPlan, row: WaveRow, now: Date | null = null): WaveFacts => ({
  n: row.n,
  state: row.state,
  size: row.size,
  limits: limitsOf(plan, row.n),
  holdAfter: plan.waves[row.n - 1]?.holdAfter ?? false,
  counts: row.counts,
  forgiven: row.forgiven,
  soakUntil: row.soakUntil,
  judged: row.reasonCode,
  judgedAt: row.judgedAt,
  judgedOn: row.judgedOn,
  evidence: isFresh(row, now) ? row.evidence : null,
});

function isFresh({ evidence, reasonCode, judgedAt }: WaveRow, now: Date | null): boolean {
  const at = now ?? (reasonCode === 'no_evidence' ? judgedAt : null);
  return evidence !== null && (at === null || at.getTime() - new Date(evidence.asOf).getTime() <= FRESH_MS);
}

/** Everything one decision needs, read in the caller's transaction. Cost follows what is due, not how many targets there are. */
export async function loadTick(tx: Tx, campaignId: string, now: Date): Promise<LoadedTick | null> {
  const campaign = await campaignStore.get(tx, campaignId);
  if (campaign === null) return null;
  const { plan } = campaign;
  const rows = await waveStore.list(tx, [campaignId]);
  const waves = rows.map((row) => waveFacts(plan, row, now));
  const free = Math.max(0, plan.concurrency - slotsTaken(addCounts(waves.map((wave) => wave.counts))));
  const open = waves.filter((w) => w.state === 'open' || w.state === 'soaking' || w.state === 'passed').map((w) => w.n);
  const offering = (campaign.state === 'running' || campaign.state === 'held') && open.length > 0;

  const timers = await dueTimers(tx, campaignId, now);
  const pace = offering ? await loadPace(tx, campaign, open, now) : null;
  const field = { waves: open, sites: openSites(plan, pace, now), blockedToo: campaign.parentId !== null, now };
  const candidates =
    offering && free > 0 ? await candidatesIn(tx, campaignId, field, waves, Math.min(free, BATCH)) : [];
  // A device is away when it could have been heard of for as long as a step may take.
  const before = new Date(now.getTime() - plan.stepTimeoutS * 1000);
  const opened = rows.flatMap(({ n, openedAt }) =>
    openedAt !== null && openedAt <= before && open.includes(n) ? n : [],
  );
  const absent = offering && opened.length > 0 ? await absentees(tx, campaignId, opened, before) : [];
  const tired = new Date(now.getTime() - Math.max(PATIENCE_S, plan.deadlineS) * 1000);
  const overdue = rows.flatMap(({ n, openedAt, counts }) =>
    openedAt !== null && openedAt <= tired && (counts.deferred ?? 0) > 0 ? n : [],
  );
  const putOff = offering && overdue.length > 0 ? await deferring(tx, campaignId, overdue) : [];
  const retryable = offering && plan.retries > 0 ? await retryables(tx, campaignId, open, plan.retries, now) : [];
  const offered = offering && plan.ratePerMinute !== null ? await offeredSince(tx, campaignId, now) : 0;
  const facts: TickFacts = {
    campaign: {
      state: campaign.state,
      kind: campaign.kind,
      isRollback: campaign.parentId !== null,
      releaseRevoked: campaign.releaseRevoked,
      killed: (await brakeStore.read(tx)).since !== null,
    },
    plan,
    waves,
    timers,
    candidates,
    absent: absent.map((row) => row.executionId),
    putOff: putOff.map((row) => row.executionId),
    retryable: retryable.map((row) => row.executionId),
    offeredLastMinute: offered,
    ...(pace !== null && { pace }),
    // Asked once, for the answer ends the halt; without an automatic rollback nobody wants to know.
    returnable:
      campaign.state === 'halted' && plan.autoRollback && campaign.childId === null
        ? (await returnables(tx, campaign)).length
        : 0,
    rollback: campaign.childId === null ? null : await rollbackOf(tx, campaign.childId),
    progress: {
      movedAt: newest(
        campaign.since,
        rows.map((row) => row.movedAt),
      ),
      stalledAt: campaign.stalledAt,
      waitsFor: field.sites?.length === 0 ? waitsFor(plan, pace, now) : onlyDeferred(waves, open, candidates),
    },
    deltasWanted:
      campaign.state === 'preparing' && campaign.releaseId !== null
        ? await deltaStore.awaited(tx, campaign.releaseId, now)
        : 0,
  };
  const versions = new Map(
    [...timers, ...candidates, ...absent, ...putOff, ...retryable].map(
      (row) => [row.executionId, row.version] as const,
    ),
  );
  return { campaign, facts, versions };
}

/** Null when offers may be made everywhere. */
function openSites(plan: CampaignPlan, pace: PaceFacts | null, now: Date): OpenField['sites'] {
  if (pace === null) return null;
  const sites = offerableSites(plan, pace, now);
  return sites.length === pace.sites.length && sites.every(({ room }) => room === null) ? null : sites;
}

async function candidatesIn(
  tx: Tx,
  campaignId: string,
  field: OpenField,
  waves: readonly WaveFacts[],
  most: number,
): Promise<Versioned<CandidateFacts>[]> {
  if (field.sites?.length === 0) return [];
  const counts = addCounts(waves.map((wave) => wave.counts));
  const { unreachable: away = 0, deferred: again = 0 } = counts;
  return [
    ...(away > 0 ? await returned(tx, campaignId, field, sliceOf(away, total(counts), field.now), most) : []),
    ...(again > 0 ? await deferred(tx, campaignId, field, most) : []),
    ...(await nextInQueue(tx, campaignId, field, most)),
  ];
}

/** A window, a freeze or a full site that holds every waiting device back: such a campaign has not stalled. */
function waitsFor(plan: CampaignPlan, pace: PaceFacts | null, now: Date): string | null {
  const waits = pace === null ? null : paceWaits(plan, pace, now);
  if (waits === null || !waits.held) return null;
  if (waits.freeze !== null) return waits.freeze.name;
  return waits.window === null ? 'site_budget' : 'maintenance_window';
}

/** Everybody left has said when to ask again. */
const onlyDeferred = (waves: readonly WaveFacts[], open: readonly number[], candidates: readonly unknown[]) => {
  const { queued = 0, deferred: again = 0 } = addCounts(waves.filter(({ n }) => open.includes(n)).map((w) => w.counts));
  return candidates.length === 0 && queued === 0 && again > 0 ? 'deferred' : null;
};

const newest = (since: Date, times: readonly (Date | null)[]): Date =>
  times.reduce<Date>((last, at) => (at !== null && at > last ? at : last), since);

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
    [tx.tenantId, campaignId, busyStates, now],
  );

const rollbackOf = async (tx: Tx, childId: string): Promise<TickFacts['rollback']> => {
  const child = await campaignStore.get(tx, childId);
  if (child === null) return null;
  const waves = await waveStore.list(tx, [childId]);
  return { state: child.state, counts: addCounts(waves.map((wave): StateCounts => wave.counts)) };
};
