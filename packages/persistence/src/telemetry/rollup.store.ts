import type { Tx } from '../transaction.js';
import { longestSpan, neverSetBefore, wrongAhead } from './clock-bounds.js';

/**
 * Hourly rollups, always recomputed from messages and replaced. Adding to them would count a message twice after a
 * crash; replacing cannot.
 */
export const rollupStore = {
  /**
   * Recomputes up to `limit` device hours that are marked and end by `until`; returns how many. Marks that an ingest is
   * just renewing are left for the next run.
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
  hour as (select * from readings where at >= $2 and at < $2::timestamptz + interval '1 hour')
  insert into telemetry_hourly (device_key, place_id, metric, bucket, n, sum, min, max, last, last_at)
  select $1, coalesce(place_id, 0), metric, $2, count(*), sum(value), min(value), max(value),
    (array_agg(value order by at desc, seq_no desc))[1], max(at)
  from hour group by coalesce(place_id, 0), metric
  on conflict (device_key, place_id, metric, bucket) do update
    set n = excluded.n, sum = excluded.sum, min = excluded.min, max = excluded.max, last = excluded.last, last_at = excluded.last_at`;
