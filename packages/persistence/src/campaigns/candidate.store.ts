import type { SiteRoom } from '@muster/domain/campaigns/offerable-sites';
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

/** Where offers may be made now. */
export interface OpenField {
  readonly waves: readonly number[];
  /** Null: everywhere. Otherwise these sites alone. */
  readonly sites: readonly SiteRoom[] | null;
  /** Also devices whose updates are blocked for a while: a return is never held back. */
  readonly blockedToo: boolean;
  readonly now: Date;
}

/** What every candidate must be: active, connected, not told to wait, and not busy with another execution. */
const candidate = `e.id as "executionId", e.wave, e.position, r.version as "wantedVersion",
    d.firmware_version as "reportedVersion", e.site, e.state = 'deferred' as deferred, e.not_before as "notBefore", e.version`;
const reachable = (now: string, blockedToo: string): string =>
  `join devices d on d.tenant_id = e.tenant_id and d.id = e.device_id and d.state = 'active'
    and (${blockedToo} or d.updates_blocked_until is null or d.updates_blocked_until <= ${now})
  join device_state s on s.device_key = d.device_key and s.connected
  left join releases r on r.tenant_id = e.tenant_id and r.id = e.release_id
  where (e.not_before is null or e.not_before <= ${now})
    and not exists (select from executions busy where busy.device_id = e.device_id and busy.id <> e.id
      and busy.state in ('offered', 'accepted', 'deferred', 'downloading', 'downloaded', 'installing', 'rebooting',
        'verifying', 'soaking', 'rolling_back'))`;

/**
 * Head of the queue among reachable, free devices of opened waves. The index of the queue is walked in its order until
 * enough are found: passing over devices that are away ends when they are set aside. Where only some sites are open each
 * has a queue of its own, so that the devices of closed ones are never looked at, and gives its share.
 */
export function nextInQueue(
  tx: Tx,
  campaignId: string,
  { waves, sites, blockedToo, now }: OpenField,
  limit: number,
): Promise<Versioned<CandidateFacts>[]> {
  const bounds = [tx.tenantId, campaignId, waves, Math.min(...waves), Math.max(...waves), limit, now, blockedToo];
  const queued = `select ${candidate} from executions e ${reachable('$7', '$8')}
       and e.tenant_id = $1 and e.campaign_id = $2 and e.state = 'queued' and e.wave = any($3::int[])
       and e.wave between $4 and $5`;
  if (sites === null)
    return tx.query(`${queued} order by e.tenant_id, e.campaign_id, e.wave, e.position limit $6`, bounds);
  const share = Math.ceil((2 * limit) / Math.max(1, sites.length));
  return tx.query(
    `select c.* from unnest($9::text[], $10::int[]) as open(site, room)
     cross join lateral (${queued} and e.site = open.site
       order by e.tenant_id, e.campaign_id, e.site, e.wave, e.position limit open.room) c
     order by c.wave, c.position limit $6`,
    [...bounds, sites.map(({ site }) => site), sites.map(({ room }) => Math.min(room ?? share, share))],
  );
}

/** Devices that deferred and may be asked again, longest ago first. */
export const deferred = (
  tx: Tx,
  campaignId: string,
  { waves, sites, blockedToo, now }: OpenField,
  limit: number,
): Promise<Versioned<CandidateFacts>[]> =>
  tx.query(
    `select ${candidate} from executions e ${reachable('$5', '$6')}
       and e.tenant_id = $1 and e.campaign_id = $2 and e.state = 'deferred' and e.wave = any($3::int[])
       and ($7::text[] is null or e.site = any($7))
     order by e.not_before limit $4`,
    [tx.tenantId, campaignId, waves, limit, now, blockedToo, namesOf(sites)],
  );

const namesOf = (sites: OpenField['sites']): string[] | null => sites?.map(({ site }) => site) ?? null;

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
  { waves, sites, blockedToo, now }: OpenField,
  { from, until }: Slice,
  limit: number,
): Promise<Versioned<CandidateFacts>[]> =>
  tx.query(
    `select ${candidate} from executions e ${reachable('$7', '$8')}
       and e.tenant_id = $1 and e.campaign_id = $2 and e.state = 'unreachable' and e.wave = any($3::int[])
       and e.position >= $4 and e.position < $5 and ($9::text[] is null or e.site = any($9))
     order by e.position limit $6`,
    [tx.tenantId, campaignId, waves, from, until, limit, now, blockedToo, namesOf(sites)],
  );

/** Devices at the head of the queue, and of those that deferred, that nobody could offer anything since `before`. `waves` were open by then. */
export const absentees = (
  tx: Tx,
  campaignId: string,
  waves: readonly number[],
  before: Date,
): Promise<{ executionId: string; version: number }[]> =>
  tx.query(
    `select h.id as "executionId", h.version from (
       (select e.id, e.device_id, e.version, e.since from executions e
        where e.tenant_id = $1 and e.campaign_id = $2 and e.wave = any($3::int[]) and e.state = 'queued'
        order by e.wave, e.position limit ${HEAD})
       union all
       (select e.id, e.device_id, e.version, e.not_before from executions e
        where e.tenant_id = $1 and e.campaign_id = $2 and e.wave = any($3::int[]) and e.state = 'deferred'
        order by e.not_before limit ${HEAD})) h
     left join device_state s on s.device_id = h.device_id
     where not coalesce(s.connected, false) and h.since <= $4 limit ${BATCH}`,
    [tx.tenantId, campaignId, waves, before],
  );

/** Devices of these waves that have put their update off. */
export const deferring = (
  tx: Tx,
  campaignId: string,
  waves: readonly number[],
): Promise<{ executionId: string; version: number }[]> =>
  tx.query(
    `select e.id as "executionId", e.version from executions e
     where e.tenant_id = $1 and e.campaign_id = $2 and e.wave = any($3::int[]) and e.state = 'deferred'
     order by e.not_before limit ${BATCH}`,
    [tx.tenantId, campaignId, waves],
  );

/** Not a device that is left alone for a while or was left out: its failure stands. */
export const retryables = (
  tx: Tx,
  campaignId: string,
  waves: readonly number[],
  retries: number,
  now: Date,
): Promise<{ executionId: string; version: number }[]> =>
  tx.query(
    `select e.id as "executionId", e.version from executions e
     where e.tenant_id = $1 and e.campaign_id = $2 and e.wave = any($3::int[]) and e.attempt <= $4
       and e.state in ('failed', 'timed_out', 'in_doubt')
       and not exists (select from executions n where n.tenant_id = e.tenant_id and n.campaign_id = e.campaign_id
         and n.device_id = e.device_id and n.attempt > e.attempt)
       and not exists (select from devices d where d.tenant_id = e.tenant_id and d.id = e.device_id
         and d.updates_blocked_until > $5)
       and not exists (select from campaign_exclusions x where x.tenant_id = e.tenant_id and x.campaign_id = e.campaign_id
         and x.device_id = e.device_id)
     order by e.position limit ${BATCH}`,
    [tx.tenantId, campaignId, waves, retries, now],
  );

export const offeredSince = async (tx: Tx, campaignId: string, now: Date): Promise<number> => {
  const [row] = await tx.query<{ n: number }>(
    `select count(*)::int as n from executions where tenant_id = $1 and campaign_id = $2 and offered_at > $3`,
    [tx.tenantId, campaignId, new Date(now.getTime() - 60_000)],
  );
  return row!.n;
};
