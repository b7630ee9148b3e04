import type { MetricKind } from '@muster/contracts/telemetry/metrics.schema';
import type { Bucket, Span } from '@muster/telemetry/fold-buckets';
import type { Tx } from '../transaction.js';
import { inOrder, LOOK_BACK, messagesOf, readingsOfM, resetSql, stepSql, usableValue } from './rollup-sql.js';

export interface CatalogueMetric {
  readonly id: number;
  readonly key: string;
  readonly title: string | null;
  readonly unit: string | null;
  readonly kind: MetricKind;
  readonly wrapAt: number | null;
  readonly personal: boolean;
  /** What it was asked for as: its own key, or that of an alias. */
  readonly askedAs: string;
}
export interface SeriesScope {
  readonly deviceKey: number;
  readonly metrics: readonly number[];
  /** Places to look at, 0 for the device itself; all of them where a device has many is a long way, so say which. */
  readonly places: readonly number[];
  readonly from: Date;
  readonly to: Date;
}
/** A bucket of one series. */
export interface SeriesBucket extends Bucket {
  readonly metric: number;
  readonly placeId: number;
}
/** One reading; `v` is null where it may not be used. */
export interface SeriesPoint {
  readonly metric: number;
  readonly placeId: number;
  readonly t: number;
  readonly v: number | null;
  readonly quality: number;
}
export interface LatestRow {
  readonly metric: string;
  readonly title: string | null;
  readonly unit: string | null;
  readonly personal: boolean;
  readonly place: string | null;
  readonly asset: string | null;
  readonly value: number | null;
  readonly at: Date;
}
/** What of a device waits to be rolled up, newest first. */
export interface Unfinished {
  readonly hours: readonly Date[];
  readonly days: readonly Date[];
}

const HOUR_MS = 3_600_000;
/** Not `extract`, which reckons in decimals and takes several times as long. */
const msOf = (column: string): string => `date_part('epoch', ${column}) * 1000`;

/**
 * Reads of series, each bounded in time. The catalogue is read in a tenant transaction, which proves that the device is
 * the tenant's; the buckets then in a system transaction by its key, because the row policy of `messages` would look up
 * the device once for every row.
 */
export const telemetryQueryStore = {
  async device(tx: Tx, deviceId: string): Promise<{ key: number; site: string | null } | null> {
    const [row] = await tx.query<{ key: number; site: string | null }>(
      'select device_key as key, site from devices where id = $1',
      [deviceId],
    );
    return row ?? null;
  },

  /** The metrics of `keys`; for an alias the one it stands for. */
  metrics(tx: Tx, keys: readonly string[]): Promise<CatalogueMetric[]> {
    return tx.query(
      `select m.id, m.key, m.title, m.unit, m.kind, m.wrap_at as "wrapAt", m.personal, asked.key as "askedAs"
       from metrics asked join metrics m on m.id = coalesce(asked.alias_of, asked.id) where asked.key = any($1)`,
      [keys],
    );
  },

  places(
    tx: Tx,
    deviceKeys: readonly number[],
  ): Promise<{ id: number; deviceKey: number; path: string; asset: string | null }[]> {
    return tx.query('select id, device_key as "deviceKey", path, asset from places where device_key = any($1::int[])', [
      deviceKeys,
    ]);
  },

  /** The newest value of each metric and place of a device: of the first of `deviceKeys` that has one. */
  latest(tx: Tx, deviceKeys: readonly number[]): Promise<LatestRow[]> {
    return tx.query<LatestRow>(
      `select distinct on (p.path, m.key) m.key as metric, m.title, m.unit, m.personal, p.path as place, p.asset, l.value, l.at
       from unnest($1::int[]) with ordinality k(device_key, place)
       join latest_values l on l.device_key = k.device_key
       join metrics m on m.id = l.metric left join places p on p.id = l.place_id
       order by p.path nulls first, m.key, k.place limit 1000`,
      [deviceKeys],
    );
  },

  /**
   * Buckets from stored messages; `scope.from` must be the start of one. Where `counters` are among the metrics they go on
   * from what they showed before: in the rollup, or in the messages of hours that wait for it.
   */
  async fromMessages(tx: Tx, scope: SeriesScope, { ms, start }: Span, counters: boolean): Promise<SeriesBucket[]> {
    const { from, to } = scope;
    const readFrom = counters ? await rolledUntil(tx, scope.deviceKey, from) : from;
    return tx.query<SeriesBucket>(counters ? OF_COUNTERS : OF_GAUGES, [
      scope.deviceKey,
      scope.metrics,
      scope.places,
      from.getTime(),
      to.getTime(),
      ms,
      start(0),
      readFrom.getTime(),
      new Date(readFrom.getTime() - HOUR_MS),
      new Date(to.getTime() + HOUR_MS),
      ...(counters ? [readFrom] : []),
    ]);
  },

  /** Up to `limit` readings in time order, of each series by itself. */
  points(tx: Tx, scope: SeriesScope, limit: number): Promise<SeriesPoint[]> {
    return tx.query<SeriesPoint>(
      `select u.metric, coalesce(m.place_id, 0) as "placeId", at as t, ${usableValue} as v, coalesce(u.quality, 0) as quality
       from (${inMs('$7', '$8')}) m cross join lateral ${readingsOfM} cross join lateral (select m.counts_at + u.dt as at) w
       where u.metric = any($2) and coalesce(m.place_id, 0) = any($3) and at >= $4 and at < $5
       order by u.metric, coalesce(m.place_id, 0), ${inOrder} limit $6`,
      [
        scope.deviceKey,
        scope.metrics,
        scope.places,
        scope.from.getTime(),
        scope.to.getTime(),
        limit,
        new Date(scope.from.getTime() - HOUR_MS),
        new Date(scope.to.getTime() + HOUR_MS),
      ],
    );
  },

  /** Buckets of a rollup. Those in `except` are left out: what they are made of has changed since. */
  fromRollup(
    tx: Tx,
    table: 'telemetry_hourly' | 'telemetry_daily' | 'telemetry_weekly',
    scope: SeriesScope,
    except: readonly Date[],
  ): Promise<SeriesBucket[]> {
    return tx.query<SeriesBucket>(
      `select metric, place_id as "placeId", ${msOf('bucket')} as t, n, sum, min, max, first, ${msOf('first_at')} as "firstAt",
         last, ${msOf('last_at')} as "lastAt", delta, resets, flags
       from ${table}
       where device_key = $1 and metric = any($2) and place_id = any($3) and bucket >= $4 and bucket < $5
         and bucket <> all($6::timestamptz[])
       order by metric, place_id, bucket`,
      [scope.deviceKey, scope.metrics, scope.places, scope.from, scope.to, except],
    );
  },

  /** Hours and days of a device that wait to be rolled up: more than `limit` of each only after the rollup stood still. */
  async unfinished(tx: Tx, deviceKey: number, from: Date, to: Date, limit: number): Promise<Unfinished> {
    const [row] = await tx.query<{ hours: Date[]; days: Date[] }>(
      `select ${['rollup_dirty', 'rollup_dirty_days'].map(waitingIn).join(', ')}`,
      [deviceKey, from, to, limit],
    );
    return { hours: row!.hours, days: row!.days };
  },
};

const waitingIn = (table: string): string => `array(
  select bucket from ${table} where device_key = $1 and bucket >= $2 and bucket < $3 order by bucket desc limit $4)
  as ${table === 'rollup_dirty' ? 'hours' : 'days'}`;

/** The last hour up to which rollups say all that a device has sent before `at`; no more than eight days earlier. */
const rolledUntil = async (tx: Tx, deviceKey: number, at: Date): Promise<Date> => {
  const [row] = await tx.query<{ first: Date | null }>(
    'select min(bucket) as first from rollup_dirty where device_key = $1 and bucket >= $2 and bucket < $3',
    [deviceKey, new Date(at.getTime() - 8 * 24 * HOUR_MS), at],
  );
  return row!.first ?? new Date(Math.floor(at.getTime() / HOUR_MS) * HOUR_MS);
};

/**
 * Messages of device $1 with their times in ms since the epoch, reckoned once a message and not for each of its readings:
 * `offset 0` keeps Postgres from putting the reckoning where it is used.
 */
const inMs = (from: string, to: string): string => `
  select m.place_id, ${msOf('m.produced_at')} as produced_at, ${msOf('m.counts_at')} as counts_at, m.seq_no, m.dt_ms, m.metric,
    m.value, m.quality
  from (${messagesOf('$1', from, to)}) m offset 0`;

/**
 * `pick` says which of two readings came first and carries its value, so that first and last of a bucket are a minimum
 * and a maximum and nothing has to be sorted for them; a gauge pays nothing for counters.
 */
const fromMessages = (counters: boolean): string => `
  with read as (
    select u.metric, coalesce(m.place_id, 0) as place_id, ${usableValue} as value, coalesce(u.quality, 0) as quality, at,
      floor((at - $7) / $6) * $6 + $7 as t, m.produced_at, m.seq_no, u.ord
    from (${inMs('$9', '$10')}) m cross join lateral ${readingsOfM} cross join lateral (select m.counts_at + u.dt as at) w
    where u.metric = any($2) and coalesce(m.place_id, 0) = any($3) and at >= $8 and at < $5)
  ${counters ? CARRIED : ''}
  select metric, place_id as "placeId", t, count(value)::int as n, coalesce(sum(value), 0) as sum, min(value) as min, max(value) as max,
    (min(${PICK}))[5] as first, (min(${PICK}))[1] as "firstAt", (max(${PICK}))[5] as last, (max(${PICK}))[1] as "lastAt",
    ${counters ? WENT : 'null::float8 as delta, 0 as resets'}, bit_or(quality) as flags
  from ${counters ? 'stepped' : 'read'} c where at >= $4 group by metric, place_id, t order by metric, place_id, t`;

const PICK = `case when value is not null then array[at, produced_at, seq_no, ord, value] end`;
const CARRIED = `, walked as (
    select r.*, lag(value) over (partition by metric, place_id, value is null order by ${inOrder}) as before from read r),
  carry as (
    select m.id as metric, p.id as place_id, k.last from metrics m cross join unnest($3::int[]) p(id)
    cross join lateral (
      select h.last from telemetry_hourly h where h.device_key = $1 and h.place_id = p.id and h.metric = m.id
        and h.bucket < $11 and h.bucket >= $11::timestamptz - ${LOOK_BACK}
      order by h.bucket desc limit 1) k
    where m.id = any($2) and m.kind = 'counter'),
  stepped as (
    select r.*, m.kind, m.wrap_at, coalesce(r.before, k.last) as carried
    from walked r join metrics m on m.id = r.metric left join carry k on k.metric = r.metric and k.place_id = r.place_id)`;
const WENT = `sum(${stepSql('carried', 'value')}) filter (where kind = 'counter' and value is not null) as delta,
    (count(*) filter (where kind = 'counter' and ${resetSql('carried', 'value')}))::int as resets`;

const OF_GAUGES = fromMessages(false);
const OF_COUNTERS = fromMessages(true);
