import type { ReleaseState } from '@muster/contracts/releases/releases.schema';
import { v7 as uuidv7 } from 'uuid';
import { outbox } from '../outbox/outbox.store.js';
import type { Tx } from '../transaction.js';
import type { StoredContent } from './artifact-storage/artifact-storage.js';

/** A delta between smaller artifacts spares nothing; between larger ones it takes more memory than it is worth. */
export const SMALLEST_BYTES = 64 * 1024;
export const LARGEST_BYTES = 256 * 1024 * 1024;
/** So many previous releases of a campaign's targets get a delta, the most common first. */
const MOST_BASES = 5;
/** A campaign waits so long for a delta, and then does without. */
export const WAIT_MS = 10 * 60_000;

/** One delta to build, claimed. */
export interface WantedDelta {
  readonly tenantId: string;
  readonly id: string;
  readonly toReleaseId: string;
  readonly base: StoredContent;
  readonly target: StoredContent;
}

export type DeltaOutcome =
  | { readonly state: 'kept'; readonly size: number; readonly sha256: string }
  /** Not worth keeping. */
  | { readonly state: 'dropped'; readonly size: number }
  | { readonly state: 'failed'; readonly reasonCode: 'base_damaged' | 'target_damaged' };

/** What a device may fetch instead of the artifact; `path` is on the device API. */
export interface OfferedDelta {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly baseSha256: string;
}

export interface DeltaProgress {
  readonly all: number;
  readonly wanted: number;
}

const since = (now: Date): Date => new Date(now.getTime() - WAIT_MS);

export const deltaStore = {
  /**
   * Asks for deltas from the releases the campaign's frozen targets confirmed last, the most common first, to the
   * campaign's release. Those that exist are used again; those that failed are tried again.
   */
  async want(tx: Tx, campaign: { readonly id: string; readonly releaseId: string | null }, now: Date): Promise<void> {
    if (campaign.releaseId === null) return;
    const bases = await tx.query<{ id: string }>(
      `select t.previous_release_id as id
       from campaign_targets t
       join releases f on f.tenant_id = t.tenant_id and f.id = t.previous_release_id
       join artifacts b on b.tenant_id = f.tenant_id and b.id = f.artifact_id and b.state = 'complete' and b.size <= $4
       join releases r on r.tenant_id = t.tenant_id and r.id = $3
       join artifacts a on a.tenant_id = r.tenant_id and a.id = r.artifact_id and a.state = 'complete'
         and a.size between $5 and $4 and a.sha256 <> b.sha256
       where t.tenant_id = $1 and t.campaign_id = $2 and t.previous_release_id <> $3
       group by t.previous_release_id order by count(*) desc, t.previous_release_id limit $6`,
      [tx.tenantId, campaign.id, campaign.releaseId, LARGEST_BYTES, SMALLEST_BYTES, MOST_BASES],
    );
    // Ids rise, and claims go by id: the most common is built first.
    await tx.execute(
      `insert into deltas (tenant_id, campaign_id, to_release_id, created_at, id, from_release_id)
       select $1, $2, $3, $4, * from unnest($5::uuid[], $6::uuid[])
       on conflict on constraint deltas_pair_unique do update set state = 'wanted', campaign_id = excluded.campaign_id,
         reason_code = null, created_at = excluded.created_at, finished_at = null, lease_until = null
       where deltas.state = 'failed'`,
      [tx.tenantId, campaign.id, campaign.releaseId, now, bases.map(() => uuidv7()), bases.map(({ id }) => id)],
    );
  },

  /** How many deltas to the release are worth waiting for: those nobody has waited for long enough. */
  async awaited(tx: Tx, releaseId: string, now: Date): Promise<number> {
    const [row] = await tx.query<{ n: number }>(
      `select count(*)::int as n from deltas
       where tenant_id = $1 and to_release_id = $2 and state = 'wanted' and created_at > $3`,
      [tx.tenantId, releaseId, since(now)],
    );
    return row!.n;
  },

  /** How far the deltas to each of these releases are. */
  async progress(tx: Tx, releaseIds: readonly string[]): Promise<ReadonlyMap<string, DeltaProgress>> {
    if (releaseIds.length === 0) return new Map();
    const rows = await tx.query<DeltaProgress & { releaseId: string }>(
      `select to_release_id as "releaseId", count(*)::int as "all", count(*) filter (where state = 'wanted')::int as wanted
       from deltas where tenant_id = $1 and to_release_id = any($2::uuid[]) group by to_release_id`,
      [tx.tenantId, releaseIds],
    );
    return new Map(rows.map(({ releaseId, all, wanted }) => [releaseId, { all, wanted }]));
  },

  /** Takes the oldest wanted delta until `until`, across tenants (system transaction); null when there is none. */
  async claim(tx: Tx, now: Date, until: Date): Promise<WantedDelta | null> {
    const [row] = await tx.query<WantedDelta>(
      `with due as (
         select tenant_id, id from deltas where state = 'wanted' and (lease_until is null or lease_until <= $1)
         order by created_at, id limit 1 for update skip locked)
       update deltas x set lease_until = $2
       from due, releases f, artifacts b, releases r, artifacts a
       where x.tenant_id = due.tenant_id and x.id = due.id
         and f.tenant_id = x.tenant_id and f.id = x.from_release_id and b.tenant_id = f.tenant_id and b.id = f.artifact_id
         and r.tenant_id = x.tenant_id and r.id = x.to_release_id and a.tenant_id = r.tenant_id and a.id = r.artifact_id
       returning x.tenant_id as "tenantId", x.id, x.to_release_id as "toReleaseId",
         json_build_object('sha256', b.sha256, 'size', b.size) as base, json_build_object('sha256', a.sha256, 'size', a.size) as target`,
      [now, until],
    );
    return row ?? null;
  },

  /**
   * Writes down what became of a delta. The first builder to finish is believed, also after its time: whoever builds
   * the pair gets something that was verified. False when another was first.
   */
  async settle(tx: Tx, delta: WantedDelta, outcome: DeltaOutcome, now: Date): Promise<boolean> {
    const {
      size = null,
      sha256 = null,
      reasonCode = null,
    } = { ...outcome } as {
      size?: number;
      sha256?: string;
      reasonCode?: string;
    };
    const settled = await tx.execute(
      `update deltas set state = $3, size = $4, sha256 = $5, reason_code = $6, finished_at = $7, lease_until = null
       where tenant_id = $1 and id = $2 and (state = 'wanted' or reason_code = 'timed_out')`,
      [tx.tenantId, delta.id, outcome.state, size, sha256, reasonCode, now],
    );
    if (settled === 1 && outcome.state === 'kept') await tellOfRelease(tx, delta.toReleaseId);
    return settled === 1;
  },

  /** Gives up on what nobody built in time (system transaction); returns how many. */
  expire(tx: Tx, now: Date): Promise<number> {
    return tx.execute(
      `update deltas set state = 'failed', reason_code = 'timed_out', finished_at = $2
       where state = 'wanted' and created_at <= $1`,
      [since(now), now],
    );
  },

  /** The delta from what the device confirmed last to the release, or null. */
  async deltaFor(tx: Tx, deviceId: string, releaseId: string): Promise<OfferedDelta | null> {
    const [row] = await tx.query<Omit<OfferedDelta, 'path'>>(
      `select x.size, x.sha256, b.sha256 as "baseSha256"
       from deltas x
       join releases f on f.tenant_id = x.tenant_id and f.id = x.from_release_id
       join artifacts b on b.tenant_id = f.tenant_id and b.id = f.artifact_id
       where x.tenant_id = $1 and x.to_release_id = $3 and x.state = 'kept' and x.from_release_id = (${lastConfirmed('$1', '$2')})`,
      [tx.tenantId, deviceId, releaseId],
    );
    return row === undefined ? null : { path: `/device/v1/artifacts/${row.sha256}`, ...row };
  },

  /**
   * The delta a device may fetch now, named by SHA-256: to the release of an open execution, from what the device runs
   * or ran when it became a target. Null otherwise, whether or not the delta exists.
   */
  async allowedTo(tx: Tx, deviceId: string, sha256: string): Promise<StoredContent | null> {
    const [row] = await tx.query<StoredContent>(
      `select x.sha256, x.size from executions e
       join releases r on r.tenant_id = e.tenant_id and r.id = e.release_id and r.state <> 'revoked'
       join deltas x on x.tenant_id = r.tenant_id and x.to_release_id = r.id and x.state = 'kept' and x.sha256 = $3
       where e.tenant_id = $1 and e.device_id = $2
         and (x.from_release_id = e.previous_release_id or x.from_release_id = (${lastConfirmed('$1', '$2')}))
         and e.state in ('offered', 'accepted', 'deferred', 'downloading', 'downloaded', 'installing', 'rebooting',
           'verifying', 'soaking', 'rolling_back')
       limit 1`,
      [tx.tenantId, deviceId, sha256],
    );
    return row ?? null;
  },
};

const lastConfirmed = (tenant: string, device: string): string =>
  `select h.release_id from device_releases h where h.tenant_id = ${tenant} and h.device_id = ${device} order by h.n desc limit 1`;

/** Pages that show the release show the delta too. */
async function tellOfRelease(tx: Tx, releaseId: string): Promise<void> {
  const [release] = await tx.query<{ state: ReleaseState }>(
    'select state from releases where tenant_id = $1 and id = $2',
    [tx.tenantId, releaseId],
  );
  const letter = { tenantId: tx.tenantId!, type: 'release.changed', key: releaseId };
  await outbox.drop(tx, { ...letter, payload: { releaseId, state: release!.state } });
}
