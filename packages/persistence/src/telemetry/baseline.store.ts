import { unusable } from '@muster/contracts/telemetry/telemetry.schema';
import { arrayLiteral, quoted } from '../array-literal.js';
import type { Tx } from '../transaction.js';
import { longestSpan } from './clock-bounds.js';

export interface SeriesKey {
  readonly deviceKey: number;
  /** 0 for the device itself. */
  readonly placeId: number;
  readonly metric: number;
}
/** A device with hours that changed. Times are starts of hours in ms since the epoch. */
export interface Look {
  readonly deviceKey: number;
  readonly dueFrom: number;
  readonly judgedUntil: number | null;
}
export interface LookedSeries extends SeriesKey {
  readonly tenant: string;
  readonly deviceId: string;
  readonly deviceName: string;
  readonly site: string | null;
  readonly class: string;
  readonly place: string | null;
  readonly asset: string | null;
  readonly key: string;
  readonly unit: string | null;
  readonly kind: 'gauge' | 'counter';
  readonly personal: boolean;
  /** When to learn anew, in ms; null when nothing was learned yet. */
  readonly nextAt: number | null;
  readonly profile: unknown;
}
/** An hour as it is rolled up; `t` in ms. */
export interface HourRow {
  readonly t: number;
  readonly n: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly first: number;
  readonly last: number;
  readonly delta: number | null;
  readonly resets: number;
}
/** The `most` newest hours of a series from `from` to `to` (both starts, in ms, inclusive). */
export interface HoursWanted extends SeriesKey {
  readonly from: number;
  readonly to: number;
  readonly most: number;
}
export interface Learned extends SeriesKey {
  readonly nextAt: number;
  readonly profile: unknown;
  readonly days: unknown;
}

const iso = (ms: number): string => new Date(ms).toISOString();
const MOST_READINGS = 12_000;

/** What is usual for each series, and which devices have hours that were not looked at. In system transactions. */
export const baselineStore = {
  /** Notes that hours changed. Part of the rollup's own transaction, so no hour is looked at too early or never. */
  async mark(tx: Tx, hours: readonly { deviceKey: number; bucket: Date }[]): Promise<void> {
    if (hours.length === 0) return;
    await tx.prepared(
      'muster_mark_looks',
      `insert into anomaly_looks (device_key, due_from)
       select d, min(b) from unnest($1::int[], $2::timestamptz[]) u(d, b) group by d order by d
       on conflict (device_key) do update set due_from = least(anomaly_looks.due_from, excluded.due_from)`,
      [arrayLiteral(hours, (one) => one.deviceKey), arrayLiteral(hours, (one) => one.bucket.toISOString())],
    );
  },

  /** Takes up to `limit` devices that wait, longest first; they are the caller's until its transaction ends. */
  async take(tx: Tx, limit: number): Promise<Look[]> {
    return tx.query<Look>(
      `select device_key as "deviceKey", extract(epoch from due_from)::float8 * 1000 as "dueFrom",
         extract(epoch from judged_until)::float8 * 1000 as "judgedUntil"
       from anomaly_looks where due_from is not null order by due_from, device_key limit $1 for update skip locked`,
      [limit],
    );
  },

  /** The devices were looked at; `judgedUntil` is the start of the newest hour each has, null where it has none. */
  async looked(tx: Tx, looks: readonly { deviceKey: number; judgedUntil: number | null }[]): Promise<void> {
    await tx.execute(
      `update anomaly_looks l set due_from = null, judged_until = greatest(l.judged_until, u.j)
       from unnest($1::int[], $2::timestamptz[]) u(d, j) where l.device_key = u.d`,
      [
        looks.map(({ deviceKey }) => deviceKey),
        looks.map(({ judgedUntil }) => (judgedUntil === null ? null : iso(judgedUntil))),
      ],
    );
  },

  /** Every series of the devices, with what is usual for it. */
  series(tx: Tx, deviceKeys: readonly number[]): Promise<LookedSeries[]> {
    return tx.prepared<LookedSeries>(
      'muster_looked_series',
      `select l.device_key as "deviceKey", l.place_id as "placeId", l.metric, d.tenant_id as tenant, d.id as "deviceId",
         d.name as "deviceName", d.site, d.class, p.path as place, p.asset, m.key, m.unit, m.kind, m.personal,
         extract(epoch from b.next_at)::float8 * 1000 as "nextAt", b.profile
       from latest_values l join devices d on d.device_key = l.device_key join metrics m on m.id = l.metric
       left join places p on p.id = l.place_id
       left join series_baselines b on b.device_key = l.device_key and b.place_id = l.place_id and b.metric = l.metric
       where l.device_key = any($1) order by 1, 2, 3`,
      [deviceKeys],
    );
  },

  /** Hours in time order, one list for each wish in its place. */
  async hours(tx: Tx, wanted: readonly HoursWanted[]): Promise<HourRow[][]> {
    const lists: HourRow[][] = wanted.map(() => []);
    if (wanted.length === 0) return lists;
    const rows = await tx.prepared<HourRow & { i: number }>('muster_hours_of_series', HOURS, [
      arrayLiteral(wanted, (one) => one.deviceKey),
      arrayLiteral(wanted, (one) => one.placeId),
      arrayLiteral(wanted, (one) => one.metric),
      arrayLiteral(wanted, (one) => iso(one.from)),
      arrayLiteral(wanted, (one) => iso(one.to)),
      arrayLiteral(wanted, (one) => one.most),
    ]);
    for (const { i, ...hour } of rows) lists[i]!.push(hour);
    for (const list of lists) list.reverse();
    return lists;
  },

  /** Usable readings of one series in time order, at most 12,000; `from` and `to` in ms. */
  readings(tx: Tx, series: SeriesKey, from: number, to: number): Promise<{ t: number; v: number }[]> {
    return tx.query<{ t: number; v: number }>(
      `select ms::float8 as t, value as v from (
         select extract(epoch from coalesce(m.corrected_at, m.produced_at)) * 1000 + u.dt as ms, u.value, m.seq_no
         from messages m, unnest(m.dt_ms, m.metric, m.value, m.quality) u(dt, metric, value, quality)
         where m.device_key = $1 and m.kind = 2 and coalesce(m.place_id, 0) = $2
           and m.produced_at >= $4::timestamptz - ${longestSpan} and m.produced_at < $5::timestamptz + ${longestSpan}
           and u.metric = $3 and coalesce(u.quality, 0) & ${unusable} = 0 and u.value <> 'NaN') r
       where ms >= extract(epoch from $4::timestamptz) * 1000 and ms < extract(epoch from $5::timestamptz) * 1000
       order by ms, seq_no limit ${MOST_READINGS}`,
      [series.deviceKey, series.placeId, series.metric, iso(from), iso(to)],
    );
  },

  /** Keeps what was learned. Without a profile the known one stays where `keep` says so, and only the days are new. */
  async learn(tx: Tx, learned: readonly (Learned & { keep: boolean })[]): Promise<void> {
    if (learned.length === 0) return;
    await tx.prepared('muster_learn_baselines', LEARN, [
      arrayLiteral(learned, (one) => one.deviceKey),
      arrayLiteral(learned, (one) => one.placeId),
      arrayLiteral(learned, (one) => one.metric),
      arrayLiteral(learned, (one) => iso(one.nextAt)),
      arrayLiteral(learned, (one) => (one.profile === null ? null : quoted(JSON.stringify(one.profile)))),
      arrayLiteral(learned, (one) => (one.days === null ? null : quoted(JSON.stringify(one.days)))),
      arrayLiteral(learned, (one) => String(one.keep)),
    ]);
  },

  /** Daily medians of series of the same metric at the same site, or of the same class where too few are at the site. */
  async peers(tx: Tx, of: LookedSeries, least: number, most: number): Promise<unknown[]> {
    const find = async (column: 'site' | 'class', value: string | null) =>
      value === null
        ? []
        : tx.query<{ days: unknown }>(
            `select b.days from devices d
             join series_baselines b on b.device_key = d.device_key and b.metric = $3 and b.days is not null
             where d.tenant_id = $1 and d.${column} = $2 and not (b.device_key = $4 and b.place_id = $5)
             order by d.id limit $6`,
            [of.tenant, value, of.metric, of.deviceKey, of.placeId, most],
          );
    const near = await find('site', of.site);
    const found = near.length >= least ? near : await find('class', of.class);
    return found.map(({ days }) => days);
  },

  /** How many devices wait to be looked at. */
  async backlog(tx: Tx): Promise<{ waiting: number }> {
    const [row] = await tx.query<{ waiting: number }>(
      'select count(*)::int as waiting from anomaly_looks where due_from is not null',
    );
    return row!;
  },

  /** Forgets what was learned of devices and that they wait. */
  async forget(tx: Tx, deviceKeys: readonly number[]): Promise<void> {
    await tx.execute('delete from anomaly_looks where device_key = any($1)', [deviceKeys]);
    await tx.execute('delete from series_baselines where device_key = any($1)', [deviceKeys]);
  },
};

/** Newest first, so that the limit keeps the newest. */
const HOURS = `
  select w.i::int - 1 as i, extract(epoch from h.bucket)::float8 * 1000 as t, h.n, h.sum, h.min, h.max, h.first, h.last,
    h.delta, h.resets
  from unnest($1::int[], $2::int[], $3::int[], $4::timestamptz[], $5::timestamptz[], $6::int[])
    with ordinality w(device_key, place_id, metric, since, until, most, i)
  cross join lateral (
    select * from telemetry_hourly t
    where t.device_key = w.device_key and t.place_id = w.place_id and t.metric = w.metric
      and t.bucket >= w.since and t.bucket <= w.until and t.n > 0
    order by t.bucket desc limit w.most) h
  order by w.i, h.bucket desc`;

const LEARN = `
  insert into series_baselines as b (device_key, place_id, metric, next_at, profile, days)
  select d, p, m, n, f::jsonb, y::jsonb
  from unnest($1::int[], $2::int[], $3::int[], $4::timestamptz[], $5::text[], $6::text[]) u(d, p, m, n, f, y)
  where exists (select from devices where device_key = d) order by d, p, m
  on conflict (device_key, place_id, metric) do update set next_at = excluded.next_at, days = excluded.days,
    profile = case when excluded.profile is null and
      (select k from unnest($1::int[], $2::int[], $3::int[], $7::boolean[]) v(d, p, m, k)
       where v.d = b.device_key and v.p = b.place_id and v.m = b.metric) then b.profile else excluded.profile end`;
