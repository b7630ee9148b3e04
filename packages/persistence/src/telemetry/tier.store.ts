import type { Session } from '../database.js';
import type { Tx } from '../transaction.js';
import { createLike, partitionStore } from './partition.store.js';
import { hourlyRollups, known, type Part, type Partitioned, rawMessages } from './partitioned.js';

export interface TierPart extends Part {
  readonly warm: boolean;
  /** The planner's estimate; null before the first ANALYZE. */
  readonly rows: number | null;
  /** Rows it ever took, as far as Postgres remembers: any other number than before means that something came. */
  readonly inserted: number;
  /** With indexes and TOAST. */
  readonly bytes: number;
}

const copyOf = (part: Part): string => part.name.replace(/_(\d{8})$/, '_copy_$1');
const digits = (day: Date): string => day.toISOString().slice(0, 10).replaceAll('-', '');

/**
 * Hot days lie as they came; warm ones are rewritten in device order, and stay in the parent so that a late message of
 * theirs has a home and meets its own key (decision record 13). Reads go over `messages` alone.
 */
export const tierStore = {
  /** Every part in its parent, oldest first, sizes from the catalogue: nothing is read. */
  async parts(tx: Tx, table: Partitioned): Promise<TierPart[]> {
    const rows = await tx.query<{ name: string; warm: boolean; rows: number; bytes: number; inserted: number }>(
      `select c.relname as name, pg_stat_get_tuples_inserted(c.oid) as inserted,
         obj_description(c.oid, 'pg_class') is not distinct from 'warm' as warm,
         c.reltuples::float8 as rows, coalesce(pg_total_relation_size(c.oid), 0) as bytes
       from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = $1::regclass`,
      [table.parent],
    );
    const facts = new Map(rows.map((row) => [row.name, row]));
    return (await partitionStore.parts(tx, table)).flatMap((part) => {
      const fact = facts.get(part.name);
      if (fact === undefined) return [];
      const { warm, rows: estimate, bytes, inserted } = fact;
      return [{ ...part, warm, bytes, inserted, rows: estimate < 0 ? null : Math.round(estimate) }];
    });
  },

  /**
   * First of four steps that rewrite a day, each a transaction of its own: an empty copy, and a trigger that puts into it
   * whatever still arrives for the day. What an earlier attempt left is thrown away.
   */
  async beginCopy(tx: Tx, part: Part): Promise<void> {
    const copy = copyOf(part);
    await tx.query(`set local lock_timeout = '100ms'`);
    await tx.query(`drop trigger if exists muster_mirror on ${known(part.name)}`);
    await tx.query(`drop table if exists ${known(copy)}`);
    await createLike(tx, rawMessages, copy, part.start, part.end);
    await tx.query(
      `create trigger muster_mirror after insert on ${part.name} for each row execute function muster_mirror('${copy}')`,
    );
  },

  /** Copies in the order of the key, which also fills the index from left to right, and compares. */
  async fillCopy(tx: Tx, part: Part): Promise<number> {
    const copy = known(copyOf(part));
    await tx.query(
      `insert into ${copy} select * from ${known(part.name)} order by device_key, produced_at, seq_no, kind
       on conflict do nothing`,
    );
    const [row] = await tx.query<{ had: number; has: number }>(
      `select (select count(*) from ${part.name}) as had, (select count(*) from ${copy}) as has`,
    );
    if (row!.had !== row!.has) throw new Error(`the copy of ${part.name} has ${row!.has} of ${row!.had} rows`);
    return row!.has;
  },

  /** Frozen before anybody reads it, so that no later vacuum has to come back for it. */
  async freezeCopy(session: Session, part: Part): Promise<void> {
    await session.query(`vacuum (freeze, analyze) ${known(copyOf(part))}`);
  },

  /** The copy takes the day's place in one transaction. */
  swapCopy: (tx: Tx, part: Part): Promise<void> => partitionStore.replace(tx, rawMessages, part, copyOf(part)),

  /** Throws away copies that an attempt left behind: what is removed from a day must not live on in one. */
  async dropCopies(tx: Tx): Promise<void> {
    await tx.query(`set local lock_timeout = '100ms'`);
    for (const part of await partitionStore.parts(tx, rawMessages)) {
      const [copy] = await tx.query<{ there: string | null }>(`select to_regclass('${copyOf(part)}')::text as there`);
      if (!copy?.there) continue;
      await tx.query(`drop trigger if exists muster_mirror on ${known(part.name)}`);
      await tx.query(`drop table ${known(copyOf(part))}`);
    }
  },

  /** Tables taken out of `messages` or `telemetry_hourly` that wait to be archived and dropped. */
  async sources(tx: Pick<Tx, 'query'>): Promise<string[]> {
    const rows = await tx.query<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
         and relname ~ '^(${rawMessages.parent}|${hourlyRollups.parent})_(ended|odd)_\\d{8}(_[0-9a-f]{8})?$' order by 1`,
    );
    return rows.map(({ name }) => name);
  },

  /** A table for rows of `day` that leave `messages` while others stay. `mark` tells it from all others: eight hexadecimal digits. */
  async createSource(tx: Tx, day: Date, mark: string): Promise<string> {
    const name = known(`messages_odd_${digits(day)}_${mark}`);
    await tx.query(
      `create table ${name} (like messages including defaults, primary key (device_key, produced_at, seq_no, kind))`,
    );
    return name;
  },

  async dropSource(tx: Tx, name: string): Promise<void> {
    await tx.query(`set local lock_timeout = '100ms'`);
    await tx.query(`drop table ${known(name)}`);
  },

  vacuum: async (session: Session, name: string): Promise<void> => {
    await session.query(`vacuum ${known(name)}`);
  },
};
