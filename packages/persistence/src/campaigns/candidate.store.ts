import type { CandidateFacts } from '@muster/domain/campaigns/tick-facts';
import type { Tx } from '../transaction.js';

/** At most this many single executions are looked at in one step; the tick comes back for more at once. */
export const BATCH = 500;
/** How far from its head a queue is searched for devices that are away. */
const HEAD = 500;
/** Of devices that are away, so many are looked after in one step; a campaign of more takes several to see them all. */
const LOOKED_AFTER = 1_000;

/** A row with the version a change of it must still find. */
export type Versioned<T> = T & { readonly version: number };

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
export const nextInQueue = (
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

export interface Slice {
  readonly from: number;
  readonly until: number;
}

/** The part of the target list, by position, that is looked after now; the clock chooses, so that every part gets its turn. */
export function sliceOf(away: number, targets: number, now: Date): Slice {
  const slices = Math.ceil(away / LOOKED_AFTER);
  const width = Math.ceil((targets + 1) / slices);
  const from = (now.getTime() % slices) * width;
  return { from, until: from + width };
}

/** Devices that were given up for a while and are back. */
export const returned = (
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

export const absentees = (
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

export const retryables = (
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

export const offeredSince = async (tx: Tx, campaignId: string, now: Date): Promise<number> => {
  const [row] = await tx.query<{ n: number }>(
    `select count(*)::int as n from executions where tenant_id = $1 and campaign_id = $2 and offered_at > $3`,
    [tx.tenantId, campaignId, new Date(now.getTime() - 60_000)],
  );
  return row!.n;
};
