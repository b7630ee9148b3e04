import { messageKinds } from '@muster/contracts/telemetry/telemetry.schema';
import type { Bucket } from '@muster/telemetry/fold-buckets';
import type { Tx } from '../transaction.js';
import { partitionStore } from './partition.store.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export interface CatalogueMetric {
  readonly id: number;
  readonly key: string;
  readonly unit: string | null;
}
export interface SeriesScope {
  readonly deviceKey: number;
  readonly metrics: readonly number[];
  /** One place, 0 for the device itself; null for all. */
  readonly placeId: number | null;
  readonly from: Date;
  readonly to: Date;
}
/** A bucket of one series. */
export interface SeriesBucket extends Bucket {
  readonly metric: number;
  readonly placeId: number;
}
export interface LatestRow {
  readonly metric: string;
  readonly title: string | null;
  readonly unit: string | null;
  readonly place: string | null;
  readonly asset: string | null;
  readonly value: number | null;
  readonly at: Date;
}

/**
 * Reads of series, each bounded in time. The catalogue is read in a tenant transaction, which proves that the device is
 * the tenant's; the buckets then in a system transaction by its key, because the row policy of `messages` would look up
 * the device once for every row.
 */
export const telemetryQueryStore = {
  async deviceKey(tx: Tx, deviceId: string): Promise<number | null> {
    const [row] = await tx.query<{ key: number }>('select device_key as key from devices where id = $1', [deviceId]);
    return row?.key ?? null;
  },

  metrics(tx: Tx, keys: readonly string[]): Promise<CatalogueMetric[]> {
    return tx.query('select id, key, unit from metrics where key = any($1)', [keys]);
  },

  places(tx: Tx, deviceKey: number): Promise<{ id: number; path: string }[]> {
    return tx.query('select id, path from places where device_key = $1', [deviceKey]);
  },

  /** The newest value of each metric and place of a device. */
  latest(tx: Tx, deviceKey: number): Promise<LatestRow[]> {
    return tx.query<LatestRow>(
      `select m.key as metric, m.title, m.unit, p.path as place, p.asset, l.value, l.at
       from latest_values l join metrics m on m.id = l.metric left join places p on p.id = l.place_id
       where l.device_key = $1 order by p.path nulls first, m.key limit 1000`,
      [deviceKey],
    );
  },

  /**
   * Buckets of `bucketMs` from stored messages. A reading may be a day older than its message. Messages whose clock was
   * wrong count at their corrected time: they are looked for before the oldest day kept and after `now`.
   */
  async fromMessages(tx: Tx, scope: SeriesScope, bucketMs: number, now: Date): Promise<SeriesBucket[]> {
    const { from, to } = scope;
    const until = new Date(to.getTime() + DAY_MS);
    const { floor } = await partitionStore.list(tx);
    return tx.query<SeriesBucket>(
      `with read as (
         select floor(ms / $6) * $6 as t, u.metric, coalesce(place_id, 0) as place, u.value, ms
         from (
           select coalesce(corrected_at, produced_at) as at, place_id, dt_ms, metric, value from messages
           where device_key = $1 and kind = ${messageKinds.telemetry} and produced_at >= $7 and produced_at < $8
           union all
           select corrected_at, place_id, dt_ms, metric, value from messages
           where device_key = $1 and kind = ${messageKinds.telemetry} and produced_at < $9 and produced_at < $7
             and corrected_at >= $7 and corrected_at < $8
           union all
           select corrected_at, place_id, dt_ms, metric, value from messages
           where device_key = $1 and kind = ${messageKinds.telemetry} and produced_at >= $10 and produced_at >= $8
             and corrected_at >= $7 and corrected_at < $8
         ) m
         cross join lateral unnest(m.dt_ms, m.metric, m.value) u(dt, metric, value)
         cross join lateral (select extract(epoch from m.at) * 1000 + u.dt as ms) s
         where u.metric = any($2) and ($3::int is null or coalesce(place_id, 0) = $3)
           and ms >= $4 and ms < $5 and u.value <> 'NaN'
       )
       select metric, place as "placeId", t::float8 as t, count(*)::int as n, sum(value) as sum, min(value) as min,
              max(value) as max, (array_agg(value order by ms desc))[1] as last, max(ms)::float8 as "lastAt"
       from read group by metric, place, t order by metric, place, t`,
      [
        scope.deviceKey,
        scope.metrics,
        scope.placeId,
        from.getTime(),
        to.getTime(),
        bucketMs,
        new Date(from.getTime() - HOUR_MS),
        until,
        floor ?? from,
        now,
      ],
    );
  },

  /** Hourly buckets from the rollup. Hours in `except` are left out: newer messages wait there to be rolled up. */
  fromHours(tx: Tx, scope: SeriesScope, except: readonly Date[]): Promise<SeriesBucket[]> {
    return tx.query<SeriesBucket>(
      `select metric, place_id as "placeId", extract(epoch from bucket)::float8 * 1000 as t, n, sum, min, max, last,
              extract(epoch from last_at)::float8 * 1000 as "lastAt"
       from telemetry_hourly
       where device_key = $1 and metric = any($2) and ($3::int is null or place_id = $3)
         and bucket >= $4 and bucket < $5 and bucket <> all($6::timestamptz[])
       order by metric, place_id, bucket`,
      [scope.deviceKey, scope.metrics, scope.placeId, scope.from, scope.to, except],
    );
  },

  /** Hours of a device that wait to be rolled up, newest first. */
  async dirtyHours(tx: Tx, deviceKey: number, from: Date, to: Date, limit: number): Promise<Date[]> {
    const rows = await tx.query<{ bucket: Date }>(
      `select bucket from rollup_dirty where device_key = $1 and bucket >= $2 and bucket < $3 order by bucket desc limit $4`,
      [deviceKey, from, to, limit],
    );
    return rows.map((row) => row.bucket);
  },
};
