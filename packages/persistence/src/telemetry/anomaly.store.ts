import type { AnomalyKind } from '@muster/contracts/telemetry/anomalies.schema';
import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../transaction.js';
import type { SeriesKey } from './baseline.store.js';

/** A finding of a series or, with metric and place 0, of a device. Times in ms since the epoch. */
export interface FindingRow extends SeriesKey {
  /** Null for one that is new. */
  readonly id: string | null;
  readonly tenant: string;
  readonly kind: AnomalyKind;
  readonly since: number;
  readonly lastSeenAt: number;
  readonly closedAt: number | null;
  readonly score: number | null;
  readonly observed: number | null;
  readonly expected: number | null;
  readonly sentence: string;
}
export interface AnomalyRow {
  readonly id: string;
  readonly deviceId: string;
  readonly deviceName: string;
  readonly site: string | null;
  readonly metric: string | null;
  readonly place: string | null;
  readonly asset: string | null;
  readonly kind: AnomalyKind;
  readonly state: 'open' | 'closed';
  readonly since: Date;
  readonly lastSeenAt: Date;
  readonly closedAt: Date | null;
  readonly score: number | null;
  readonly observed: number | null;
  readonly expected: number | null;
  readonly sentence: string;
  readonly personal: boolean;
}
export interface AnomalyFilter {
  readonly deviceId?: string | undefined;
  readonly kind?: AnomalyKind | undefined;
  readonly state?: 'open' | 'closed' | undefined;
  /** Id of the last one of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}
/** A device that is held back, as the ingest says. */
export interface FloodRow {
  readonly deviceKey: number;
  readonly deviceId: string;
  readonly deviceName: string;
  readonly tenant: string;
  readonly since: number;
  readonly seenAt: number;
  readonly shed: number;
}

const ms = (column: string) => `extract(epoch from ${column})::float8 * 1000`;
const columns = `id, tenant_id as tenant, device_key as "deviceKey", place_id as "placeId", metric, kind,
  ${ms('since')} as since, ${ms('last_seen_at')} as "lastSeenAt", ${ms('closed_at')} as "closedAt", score, observed, expected, sentence`;
const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

/** What was found unlike itself: one row a finding, kept up to date until it closes. */
export const anomalyStore = {
  /** Findings of series of the devices that are open or were closed after `from` (ms). */
  findings(tx: Tx, deviceKeys: readonly number[], from: number): Promise<(FindingRow & { id: string })[]> {
    return tx.query(
      `select ${columns} from anomalies
       where device_key = any($1) and kind <> 'flood' and (state = 'open' or closed_at > $2) order by since, id`,
      [deviceKeys, iso(from)],
    );
  },

  /**
   * Writes findings that are new or changed; returns them with their ids. One that another writer opened meanwhile is left out:
   * a series has one open finding of a kind.
   */
  async record(tx: Tx, findings: readonly FindingRow[]): Promise<(FindingRow & { id: string })[]> {
    const written: (FindingRow & { id: string })[] = [];
    for (const one of findings) {
      const facts = [iso(one.lastSeenAt), iso(one.closedAt), one.score, one.observed, one.expected, one.sentence];
      const state = one.closedAt === null ? 'open' : 'closed';
      const id = one.id ?? uuidv7();
      const n =
        one.id === null
          ? await tx.execute(
              `insert into anomalies (id, last_seen_at, closed_at, score, observed, expected, sentence, state, tenant_id,
                 device_key, place_id, metric, kind, since)
               select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14 where exists
                 (select from devices where device_key = $10)
               on conflict (device_key, place_id, metric, kind) where state = 'open' do nothing`,
              [id, ...facts, state, one.tenant, one.deviceKey, one.placeId, one.metric, one.kind, iso(one.since)],
            )
          : await tx.execute(
              `update anomalies set last_seen_at = $2, closed_at = $3, score = $4, observed = $5, expected = $6, sentence = $7,
                 state = $8, since = $9 where id = $1 and state = 'open'`,
              [id, ...facts, state, iso(one.since)],
            );
      if (n > 0) written.push({ ...one, id });
    }
    return written;
  },

  /** Newest first; in a tenant transaction. */
  list(tx: Tx, filter: AnomalyFilter): Promise<AnomalyRow[]> {
    return tx.query<AnomalyRow>(
      `select a.id, d.id as "deviceId", d.name as "deviceName", d.site, m.key as metric, p.path as place, p.asset, a.kind, a.state,
         a.since, a.last_seen_at as "lastSeenAt", a.closed_at as "closedAt", a.score, a.observed, a.expected, a.sentence,
         coalesce(m.personal, false) as personal
       from anomalies a join devices d on d.device_key = a.device_key
       left join metrics m on m.id = a.metric left join places p on p.id = a.place_id
       where ($1::uuid is null or a.device_key = (select device_key from devices where id = $1))
         and ($2::text is null or a.kind = $2) and ($3::text is null or a.state = $3) and ($4::uuid is null or a.id < $4)
       order by a.id desc limit $5`,
      [filter.deviceId ?? null, filter.kind ?? null, filter.state ?? null, filter.after ?? null, filter.limit],
    );
  },

  /** Devices that some process held back after `from` (ms). */
  floods(tx: Tx, from: number): Promise<FloodRow[]> {
    return tx.query<FloodRow>(
      `select d.device_key as "deviceKey", d.id as "deviceId", d.name as "deviceName", d.tenant_id as tenant,
         ${ms('min(f.since)')} as since, ${ms('max(f.seen_at)')} as "seenAt", sum(f.shed)::float8 as shed
       from ingest_floods f join devices d on d.id = f.device_id and d.tenant_id = f.tenant_id
       where f.seen_at > $1 group by d.device_key, d.id, d.name, d.tenant_id order by d.device_key limit 10000`,
      [iso(from)],
    );
  },

  /** Findings of kind flood that are open, with their device. */
  openFloods(tx: Tx): Promise<(FindingRow & { id: string; deviceId: string })[]> {
    return tx.query(
      `select a.*, d.id as "deviceId" from (select ${columns} from anomalies where kind = 'flood' and state = 'open') a
       join devices d on d.device_key = a."deviceKey"`,
    );
  },

  /** Forgets closed findings older than `before`; returns how many went. */
  prune(tx: Tx, before: Date): Promise<number> {
    return tx.execute(`delete from anomalies where state = 'closed' and closed_at < $1`, [before]);
  },
};
