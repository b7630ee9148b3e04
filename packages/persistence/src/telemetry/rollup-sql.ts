import { LARGEST_READING, messageKinds, unusable } from '@muster/contracts/telemetry/telemetry.schema';
import { longestSpan, neverSetBefore } from './clock-bounds.js';

const HOUR = `interval '1 hour'`;
/** Weeks start on Monday, and 5 January 1970 was one. */
const MONDAY = `timestamptz '1970-01-05 00:00:00Z'`;
const EPOCH = `timestamptz '1970-01-01 00:00:00Z'`;
/** How long a counter may be silent and still go on from what it showed. */
export const LOOK_BACK = `interval '366 days'`;

/**
 * Messages of a device whose readings may fall between `from` and `to`, with the time they count at: their own, or the
 * corrected one where their clock was never set or ran ahead. Says where each kind can lie, so that other partitions are
 * left alone: when planning where the bounds are parameters, else when running.
 */
export const messagesOf = (device: string, from: string, to: string): string => `
  select m.place_id, m.produced_at, m.produced_at as counts_at, m.seq_no, m.dt_ms, m.metric, m.value, m.quality from messages m
  where m.device_key = ${device} and m.kind = ${messageKinds.telemetry} and m.corrected_at is null
    and m.produced_at >= ${from} and m.produced_at < ${to}
  union all
  select m.place_id, m.produced_at, m.corrected_at, m.seq_no, m.dt_ms, m.metric, m.value, m.quality from messages m
  where m.device_key = ${device} and m.kind = ${messageKinds.telemetry} and m.corrected_at >= ${from} and m.corrected_at < ${to}
    and (m.produced_at < ${neverSetBefore} or m.produced_at >= ${from})`;

/** Readings of messages `m`, one a row, as `u`: dt, metric, value, quality, ord. */
export const readingsOfM = `unnest(m.dt_ms, m.metric, m.value, m.quality) with ordinality u(dt, metric, value, quality, ord)`;
/**
 * Null unless the reading may be used. A float8 that runs over is an error in Postgres, and one device that sends 1.7e308
 * twice an hour would end every rollup: no measurement is as far out as that, NaN is beyond it too.
 */
export const usableValue = `case when coalesce(u.quality, 0) & ${unusable} = 0 and u.value between -${LARGEST_READING} and ${LARGEST_READING} then u.value end`;
/** The order of readings within a series; two at the same time are told apart by what the device says of their order. */
export const inOrder = 'at, produced_at, seq_no, ord';

/** `stepOf` of the telemetry package: how far a counter `c` went, and whether it was reset. */
const wrapped = (before: string, after: string): string =>
  `(c.wrap_at is not null and ${before} > 0.9 * c.wrap_at and ${after} < 0.1 * c.wrap_at)`;
export const stepSql = (before: string, after: string): string =>
  `case when ${before} is null then 0 when ${after} >= ${before} then ${after} - ${before}
     when ${wrapped(before, after)} then c.wrap_at - ${before} + ${after} else ${after} end`;
export const resetSql = (before: string, after: string): string =>
  `(${after} < ${before} and not ${wrapped(before, after)})`;

const columns = 'n, sum, min, max, first, first_at, last, last_at, delta, resets, bad, flags';
/** Raw data ends before rollups do: what is left of an hour must not replace what is known of all of it. */
const replace = (table: string): string => `
  on conflict (device_key, place_id, metric, bucket) do update set n = excluded.n, sum = excluded.sum, min = excluded.min,
    max = excluded.max, first = excluded.first, first_at = excluded.first_at, last = excluded.last, last_at = excluded.last_at,
    delta = excluded.delta, resets = excluded.resets, bad = excluded.bad, flags = excluded.flags
  where excluded.n + excluded.bad >= ${table}.n + ${table}.bad`;

/**
 * Hours $2 of devices $1, all at once. Neighbouring hours are read as one stretch. A counter goes on from its last reading
 * before: in this statement where that lies in an hour of it, else from the hour before. What the latest values missed,
 * because the worker that held them died, they learn here at the latest. Comes back with the hours after these in which a
 * counter must now be counted again.
 */
export const ROLL_UP_HOURS = `
  with hours as materialized (select * from unnest($1::int[], $2::timestamptz[]) h(device_key, bucket)),
  own as materialized (select device_key, array_agg(bucket) as buckets from hours group by device_key),
  spans as materialized (
    select device_key, min(bucket) as starts, max(bucket) + ${HOUR} as ends
    from (select device_key, bucket, bucket - row_number() over (partition by device_key order by bucket) * ${HOUR} as run
      from hours) h group by device_key, run),
  readings as (
    select r.*, c.kind, c.wrap_at, date_bin(${HOUR}, at, ${EPOCH}) as bucket from (
      select s.device_key, coalesce(m.place_id, 0) as place_id, u.metric, ${usableValue} as value, coalesce(u.quality, 0) as quality,
        m.counts_at + u.dt * interval '1 millisecond' as at, m.produced_at, m.seq_no, u.ord, s.starts, s.ends
      from spans s cross join lateral (${messagesOf('s.device_key', `s.starts - ${longestSpan}`, `s.ends + ${longestSpan}`)}) m cross join lateral ${readingsOfM}) r
    join metrics c on c.id = r.metric
    where at >= starts and at < ends),
  walked as (
    select r.*, lag(value) over w as before, lag(at) over w as before_at, lag(bucket) over w as before_bucket,
      lead(bucket) over w as after_bucket
    from readings r window w as (partition by device_key, place_id, metric, value is null order by ${inOrder})),
  hourly as (
    select device_key, place_id, metric, bucket, count(value)::int as n, sum(value) as sum, min(value) as min, max(value) as max,
      max(value) filter (where before_bucket is distinct from bucket) as first, min(at) filter (where value is not null) as first_at,
      max(value) filter (where after_bucket is distinct from bucket) as last, max(at) filter (where value is not null) as last_at,
      coalesce(sum(${stepSql('before', 'value')}) filter (where before_bucket = bucket and c.kind = 'counter'), 0) as went,
      (count(*) filter (where before_bucket = bucket and c.kind = 'counter' and ${resetSql('before', 'value')}))::int as resets,
      max(before) filter (where before_bucket <> bucket) as before, max(before_at) filter (where before_bucket <> bucket) as before_at,
      (count(*) filter (where value is null))::int as bad, bit_or(quality) as flags
    from walked c group by device_key, place_id, metric, bucket having count(value) > 0),
  carried as (
    select h.*, c.kind, c.wrap_at,
      case when h.before_at is null or k.last_at > h.before_at then k.last else h.before end as carry
    from hourly h join own using (device_key) join metrics c on c.id = h.metric
    left join lateral (
      select t.last, t.last_at from telemetry_hourly t
      where c.kind = 'counter' and t.device_key = h.device_key and t.place_id = h.place_id and t.metric = h.metric
        and t.bucket < h.bucket and t.bucket >= h.bucket - ${LOOK_BACK} and t.bucket <> all(own.buckets)
      order by t.bucket desc limit 1) k on true),
  rolled as (
    insert into telemetry_hourly (device_key, place_id, metric, bucket, ${columns})
    select device_key, place_id, metric, bucket, n, sum, min, max, first, first_at, last, last_at,
      case when kind = 'counter' then went + ${stepSql('carry', 'first')} end,
      resets + (kind = 'counter' and coalesce(${resetSql('carry', 'first')}, false))::int, bad, flags
    from carried c order by device_key, place_id, metric, bucket
    ${replace('telemetry_hourly')}
    returning device_key, place_id, metric, bucket, last, last_at, delta),
  kept as (
    insert into latest_values (device_key, place_id, metric, tenant_id, at, value)
    select distinct on (r.device_key, r.place_id, r.metric) r.device_key, r.place_id, r.metric, d.tenant_id, r.last_at, r.last
    from rolled r join devices d on d.device_key = r.device_key order by r.device_key, r.place_id, r.metric, r.bucket desc
    on conflict (device_key, place_id, metric) do update set at = excluded.at, value = excluded.value
    where excluded.at > latest_values.at),
  days as (
    insert into rollup_dirty_days (device_key, bucket)
    select distinct device_key, date_bin(interval '1 day', bucket, ${EPOCH}) from rolled order by 1, 2
    on conflict (device_key, bucket) do update set marked_at = now())
  select distinct a.device_key as "deviceKey", a.bucket from rolled r join own on own.device_key = r.device_key
  cross join lateral (
    select t.device_key, t.bucket from telemetry_hourly t
    where t.device_key = r.device_key and t.place_id = r.place_id and t.metric = r.metric
      and t.bucket > r.bucket and t.bucket <= r.bucket + ${LOOK_BACK}
    order by t.bucket limit 1) a
  where r.delta is not null and a.bucket <> all(own.buckets)`;

/** Folds finer rollups of a stretch `s` (device_key, bucket, ends) into one bucket. The newest values say which series there are. */
const fold = (finer: string): string => `
  select t.device_key, t.place_id, t.metric, s.bucket, sum(t.n)::int, sum(t.sum), min(t.min), max(t.max),
    (array_agg(t.first order by t.bucket))[1], min(t.first_at), (array_agg(t.last order by t.bucket desc))[1], max(t.last_at),
    sum(t.delta), sum(t.resets)::int, sum(t.bad)::int, bit_or(t.flags)
  from stretches s join latest_values l on l.device_key = s.device_key
  join ${finer} t on t.device_key = l.device_key and t.place_id = l.place_id and t.metric = l.metric
    and t.bucket >= s.bucket and t.bucket < s.ends
  group by t.device_key, t.place_id, t.metric, s.bucket order by 1, 2, 3, 4`;

/** Days $2 of devices $1 from their hours. */
export const ROLL_UP_DAYS = `
  with stretches as (select d.*, d.bucket + interval '1 day' as ends from unnest($1::int[], $2::timestamptz[]) d(device_key, bucket))
  insert into telemetry_daily (device_key, place_id, metric, bucket, ${columns}) ${fold('telemetry_hourly')}
  ${replace('telemetry_daily')}`;

/** The weeks that hold days $2 of devices $1, from their days so far. */
export const ROLL_UP_WEEKS = `
  with stretches as (select w.*, w.bucket + interval '7 days' as ends from (
    select distinct device_key, date_bin(interval '7 days', bucket, ${MONDAY}) as bucket
    from unnest($1::int[], $2::timestamptz[]) d(device_key, bucket)) w)
  insert into telemetry_weekly (device_key, place_id, metric, bucket, ${columns}) ${fold('telemetry_daily')}
  ${replace('telemetry_weekly')}`;
