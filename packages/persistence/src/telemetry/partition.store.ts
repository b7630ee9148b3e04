import type { Tx } from '../transaction.js';
import { known, later, type Part, type Partitioned, partAt, partNamed, rawMessages, startOf } from './partitioned.js';

type Query = Pick<Tx, 'query'>;

export interface Partitions {
  /** Start of the oldest day partition; everything before it is in `messages_before`. Null when none exist yet. */
  readonly floor: Date | null;
  /** End of the newest day partition; everything from it on is in `messages_after`. */
  readonly ceiling: Date | null;
  /** Names, oldest first. */
  readonly days: readonly string[];
}

/**
 * Parts by time between two permanent ones, so that every timestamp has a home at every moment and none is DEFAULT.
 *
 * A change needs the parent exclusively for a moment. Whoever waits for that stops everybody who comes later, so it waits
 * a tenth of a second, and on 55P03 the caller comes again after a pause. It runs in the caller's transaction, which makes
 * it whole or nothing. DETACH ... CONCURRENTLY is not used: until the longest reader ends it leaves a range without a
 * home, and an insert into that range fails (decision record 13).
 */
export const partitionStore = {
  async list(tx: Query, table: Partitioned = rawMessages): Promise<Partitions> {
    const parts = await partitionStore.parts(tx, table);
    const days = parts.map(({ name }) => name);
    return { floor: parts[0]?.start ?? null, ceiling: parts.at(-1)?.end ?? null, days };
  },

  /** The parts that lie in the parent, oldest first, without the two permanent ones. */
  async parts(tx: Query, table: Partitioned): Promise<Part[]> {
    const rows = await tx.query<{ name: string }>(
      `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = '${table.parent}'::regclass and c.relname ~ '^${table.parent}_\\d{8}$' order by c.relname`,
    );
    return rows.map(({ name }) => partNamed(table, name));
  },

  /** Makes parts ahead when few are left, the first ones too; returns how many were made. */
  async extend(tx: Query, now: Date, table: Partitioned = rawMessages): Promise<number> {
    const { parent, column } = table;
    const today = startOf(table, now);
    const { ceiling } = await partitionStore.list(tx, table);
    if (ceiling !== null && ceiling >= later(table, today, table.fewest)) return 0;
    const from = ceiling ?? later(table, today, -table.behind);
    const to = later(table, today, table.ahead + 1);
    const made: Part[] = [];
    for (let start = from; start < to; start = later(table, start, 1)) made.push(partAt(table, start));
    // Made before the parent is locked: nobody knows these tables yet.
    for (const part of made) await createLike(tx, table, part.name, part.start, part.end);
    await hold(tx, parent);
    const permanent = new Set((await attached(tx, parent)).filter((name) => /_(before|after)$/.test(name)));
    const before = `${parent}_before`;
    const after = `${parent}_after`;
    if (!permanent.has(after)) await createLike(tx, table, after, null, null);
    for (const name of permanent)
      if (name === after || ceiling === null) await tx.query(`alter table ${parent} detach partition ${name}`);
    for (const part of made) await attach(tx, table, part.name, part.start, part.end);
    if (ceiling === null) {
      if (!permanent.has(before)) await createLike(tx, table, before, null, null);
      await carry(tx, parent, before, `${column} >= '${from.toISOString()}' and ${column} < '${to.toISOString()}'`);
      await carry(tx, after, before, `${column} >= '${to.toISOString()}'`);
      await attach(tx, table, before, null, from);
    } else await carry(tx, parent, after, `${column} < '${to.toISOString()}'`);
    await attach(tx, table, after, to, null);
    return made.length;
  },

  /**
   * Takes the oldest part out of the parent under another name, `<parent>_ended_<day>`, and lets `<parent>_before` cover
   * its time, so that what still arrives for it has a home. `prepareToEnd` must have run in transactions of its own.
   */
  async endOldest(tx: Query, table: Partitioned, part: Part): Promise<string> {
    const { parent } = table;
    const before = `${parent}_before`;
    await hold(tx, parent);
    const [oldest] = await partitionStore.parts(tx, table);
    if (oldest?.name !== part.name) throw new Error(`${part.name} is not the oldest part`);
    const ended = known(part.name.replace(/_(\d{8})$/, '_ended_$1'));
    await tx.query(`alter table ${parent} detach partition ${before}`);
    await tx.query(`alter table ${parent} detach partition ${known(part.name)}`);
    await tx.query(`alter table ${part.name} rename to ${ended}`);
    await tx.query(`alter table ${parent} attach partition ${before} for values from (minvalue) to (${at(part.end)})`);
    await tx.query(`alter table ${before} drop constraint if exists ${before}_range`);
    return ended;
  },

  /**
   * The two steps before `endOldest`, each a transaction: a CHECK that is only noted, and its validation, which reads the
   * table without locking it. Without them ATTACH would read it under its lock.
   */
  prepareToEnd(table: Partitioned, part: Part): readonly ((tx: Query) => Promise<unknown>)[] {
    const before = `${table.parent}_before`;
    return [
      async (tx) => {
        await tx.query(WAIT);
        await tx.query(`alter table ${before} drop constraint if exists ${before}_range`);
        await tx.query(
          `alter table ${before} add constraint ${before}_range check (${table.column} < ${at(part.end)}) not valid`,
        );
      },
      (tx) => tx.query(`alter table ${before} validate constraint ${before}_range`),
    ];
  },

  /** Puts `copy`, which holds the same rows, in the place of `part` and drops the old table. */
  async replace(tx: Query, table: Partitioned, part: Part, copy: string): Promise<void> {
    const { parent } = table;
    await hold(tx, parent);
    await tx.query(`alter table ${parent} detach partition ${known(part.name)}`);
    await tx.query(`drop table ${part.name}`);
    await tx.query(`alter table ${known(copy)} rename to ${part.name}`);
    await attach(tx, table, part.name, part.start, part.end, `${copy}_range`);
    await tx.query(`comment on table ${part.name} is 'warm'`);
  },
};

const WAIT = `set local lock_timeout = '100ms'`;
const at = (time: Date | null): string => `'${time!.toISOString()}'`;

/** The parent first and then its parts, as everybody takes them. */
async function hold(tx: Query, parent: string): Promise<void> {
  await tx.query(WAIT);
  await tx.query(`lock table ${parent} in access exclusive mode`);
}

async function attached(tx: Query, parent: string): Promise<string[]> {
  const rows = await tx.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = '${parent}'::regclass`,
  );
  return rows.map(({ name }) => name);
}

/** Moves rows that a permanent part held for a time that has a part of its own now. */
const carry = (tx: Query, to: string, from: string, where: string) =>
  tx.query(`with moved as (delete from ${from} where ${where} returning *) insert into ${to} select * from moved`);

const boundsOf = ({ column }: Partitioned, from: Date | null, to: Date | null): string =>
  [from && `${column} >= ${at(from)}`, to && `${column} < ${at(to)}`].filter(Boolean).join(' and ');

/** A table like the parent; with bounds also with the CHECK that spares Postgres the scan when it is attached. */
export async function createLike(
  tx: Query,
  table: Partitioned,
  name: string,
  from: Date | null,
  to: Date | null,
): Promise<void> {
  const { parent, endsBy } = table;
  await tx.query(
    `create table ${known(name)} (like ${parent} including defaults including constraints including indexes)`,
  );
  if (from ?? to)
    await tx.query(`alter table ${name} add constraint ${name}_range check (${boundsOf(table, from, to)})`);
  else await tx.query(`create index ${name}_time on ${name} ((${endsBy}))`);
}

async function attach(
  tx: Query,
  table: Partitioned,
  name: string,
  from: Date | null,
  to: Date | null,
  range = `${name}_range`,
): Promise<void> {
  const ends = `from (${from === null ? 'minvalue' : at(from)}) to (${to === null ? 'maxvalue' : at(to)})`;
  await tx.query(`alter table ${table.parent} attach partition ${known(name)} for values ${ends}`);
  await tx.query(`alter table ${name} drop constraint if exists ${range}`);
}
