import { arrayLiteral } from '../array-literal.js';
import type { Tx } from '../transaction.js';
import { longestSpan, neverSetBefore, wrongAhead } from './clock-bounds.js';

/** One hour of one device, which starts at `bucket` in ms since the epoch. */
export interface DeviceHour {
  readonly deviceKey: number;
  readonly bucket: number;
}

/**
 * Hourly rollups, always recomputed from messages and replaced. Adding to them would count a message twice after a
 * crash; replacing cannot.
 */
export const rollupStore = {
  /**
   * Marks hours to be rolled up. The update on conflict looks idle and is not: it locks the mark until commit, so that a
   * rollup under way cannot clear it after reading and before the caller's messages become visible.
   */
  async mark(tx: Tx, hours: readonly DeviceHour[]): Promise<void> {
    const sorted = hours.toSorted((a, b) => a.deviceKey - b.deviceKey || a.bucket - b.bucket);
    await tx.prepared(
      'muster_mark_dirty',
      `insert into rollup_dirty (device_key, bucket) select * from unnest($1::int[], $2::timestamptz[])
       on conflict (device_key, bucket) do update set marked_at = now()`,
      [arrayLiteral(sorted, (one) => one.deviceKey), arrayLiteral(sorted, (one) => new Date(one.bucket).toISOString())],
    );
  },

  /**
   * Recomputes up to `limit` device hours that are marked and end by `until`; returns how many. Marks that an ingest is
   * just renewing are left for the next run. `until` must not lie ahead: whoever ingests marks an hour that is not over
   * once and relies on the mark.
   */
  async rollUp(tx: Tx, until: Date, limit: number): Promise<number> {
    const taken = await tx.query<{ deviceKey: number; bucket: Date }>(
      `delete from rollup_dirty r using (
         select device_key, bucket from rollup_dirty where bucket < $1 order by bucket, device_key limit $2
         for update skip locked) oldest
       where r.device_key = oldest.device_key and r.bucket = oldest.bucket
       returning r.device_key as "deviceKey", r.bucket`,
      [until, limit],
    );
    for (const { deviceKey, bucket } of taken) {
      await tx.prepared('muster_roll_up', ROLL_UP, [deviceKey, bucket]);
    }
    return taken.length;
  },

  /** How many device hours wait, and the oldest of them. */
  async backlog(tx: Tx): Promise<{ waiting: number; oldest: Date | null }> {
    const [row] = await tx.query<{ waiting: number; oldest: Date | null }>(
      'select count(*) as waiting, min(bucket) as oldest from rollup_dirty',
    );
    return row!;
  },
};

/**
 * What the latest values missed, because the worker that held them died, they learn here at the latest.
 * Three bounded looks: at the hour itself, and at the two places where messages with a wrong clock lie. A reading may be
 * up to an hour away from its message's time.
 */
const ROLL_UP = `
  with readings as (
    select m.place_id, u.metric, u.value, coalesce(m.corrected_at, m.produced_at) + u.dt * interval '1 millisecond' as at, m.seq_no
    from messages m, unnest(m.dt_ms, m.metric, m.value) u(dt, metric, value)
    where m.device_key = $1 and m.kind = 2 and (
      (m.produced_at >= $2::timestamptz - ${longestSpan} and m.produced_at < $2::timestamptz + interval '1 hour' + ${longestSpan})
      or (m.produced_at < ${neverSetBefore} and m.corrected_at is not null)
      or (m.produced_at > $2::timestamptz + ${wrongAhead} and m.corrected_at is not null))),
  hour as (select * from readings where at >= $2 and at < $2::timestamptz + interval '1 hour'),
  rolled as (
    insert into telemetry_hourly (device_key, place_id, metric, bucket, n, sum, min, max, first, first_at, last, last_at)
    select $1, coalesce(place_id, 0), metric, $2, count(*), sum(value), min(value), max(value),
      (array_agg(value order by at, seq_no))[1], min(at), (array_agg(value order by at desc, seq_no desc))[1], max(at)
    from hour group by coalesce(place_id, 0), metric
    on conflict (device_key, place_id, metric, bucket) do update
      set n = excluded.n, sum = excluded.sum, min = excluded.min, max = excluded.max,
        first = excluded.first, first_at = excluded.first_at, last = excluded.last, last_at = excluded.last_at
    returning place_id, metric, last, last_at)
  insert into latest_values (device_key, place_id, metric, tenant_id, at, value)
  select d.device_key, r.place_id, r.metric, d.tenant_id, r.last_at, r.last from rolled r join devices d on d.device_key = $1
  order by r.place_id, r.metric
  on conflict (device_key, place_id, metric) do update set at = excluded.at, value = excluded.value
  where excluded.at > latest_values.at`;
