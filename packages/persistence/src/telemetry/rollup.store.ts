import { arrayLiteral } from '../array-literal.js';
import type { Tx } from '../transaction.js';
import { baselineStore } from './baseline.store.js';
import { retentionStore } from './retention.store.js';
import { ROLL_UP_DAYS, ROLL_UP_HOURS, ROLL_UP_WEEKS } from './rollup-sql.js';

/** One hour of one device, which starts at `bucket` in ms since the epoch. */
export interface DeviceHour {
  readonly deviceKey: number;
  readonly bucket: number;
}

/**
 * Hourly rollups from messages, daily ones from hours and weekly ones from days, always recomputed and replaced. Adding to
 * them would count a message twice after a crash; replacing cannot. Days and weeks are UTC.
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
   * Recomputes up to `limit` device hours that are marked and end by `until`, oldest first, and the hours after them whose
   * counters go on from there; returns how many were marked. Marks that an ingest is just renewing are left for the next
   * run. `until` must not lie ahead: whoever ingests marks an hour that is not over once and relies on the mark.
   */
  async rollUp(tx: Tx, until: Date, limit: number): Promise<number> {
    await alone(tx);
    const taken = await tx.query<Marked>(
      // By row address: a table that empties and fills by the hour has no statistics to choose a join by. By bucket alone,
      // as the index has them: every device of a fleet may wait for the same hour, and sorting them would read all of them.
      `delete from rollup_dirty where ctid = any (array(
         select ctid from rollup_dirty where bucket < $1 order by bucket limit $2 for update skip locked))
       returning device_key as "deviceKey", bucket`,
      [until, limit],
    );
    const open = await retentionStore.computable(tx, taken);
    const following = await run<Marked>(tx, 'muster_roll_up_hours', ROLL_UP_HOURS, open);
    await run(tx, 'muster_roll_up_hours', ROLL_UP_HOURS, following);
    await baselineStore.mark(tx, [...taken, ...following]);
    return taken.length;
  },

  /**
   * Recomputes up to `limit` days that end by `until` and none of whose hours wait, and their weeks so far; returns how
   * many days.
   */
  async rollUpDays(tx: Tx, until: Date, limit: number): Promise<number> {
    await alone(tx);
    const taken = await tx.query<Marked>(
      `delete from rollup_dirty_days where ctid = any (array(
         select d.ctid from rollup_dirty_days d
         where d.bucket <= $1::timestamptz - interval '1 day' and not exists (select from rollup_dirty h
           where h.device_key = d.device_key and h.bucket >= d.bucket and h.bucket < d.bucket + interval '1 day')
         order by d.bucket limit $2 for update of d skip locked))
       returning device_key as "deviceKey", bucket`,
      [until, limit],
    );
    await run(tx, 'muster_roll_up_days', ROLL_UP_DAYS, taken);
    await run(tx, 'muster_roll_up_weeks', ROLL_UP_WEEKS, taken);
    return taken.length;
  },

  /** The oldest hour before `before` that has waited for a quarter of an hour, which no hour does while rollups keep up. */
  async oldestOverdue(tx: Tx, before: Date): Promise<Date | null> {
    const [row] = await tx.query<{ bucket: Date }>(
      `select bucket from rollup_dirty where bucket < $1 and marked_at < now() - interval '15 minutes' order by bucket limit 1`,
      [before],
    );
    return row?.bucket ?? null;
  },

  /** How many device hours wait, and the oldest of them. */
  async backlog(tx: Tx): Promise<{ waiting: number; oldest: Date | null }> {
    const [row] = await tx.query<{ waiting: number; oldest: Date | null }>(
      'select count(*) as waiting, min(bucket) as oldest from rollup_dirty',
    );
    return row!;
  },
};

/** A device hour or day that was marked. */
interface Marked {
  readonly deviceKey: number;
  readonly bucket: Date;
}

/** One rollup at a time: a counter's hour needs the hour before it, which another could be writing. */
const alone = (tx: Tx): Promise<unknown> => tx.query(`select pg_advisory_xact_lock(hashtext('muster.rollup'))`);

const run = <R>(tx: Tx, name: string, sql: string, marked: readonly Marked[]): Promise<R[]> | [] =>
  marked.length === 0
    ? []
    : tx.prepared<R>(name, sql, [
        arrayLiteral(marked, ({ deviceKey }) => deviceKey),
        arrayLiteral(marked, ({ bucket }) => bucket.toISOString()),
      ]);
