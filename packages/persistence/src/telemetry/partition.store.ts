import type { Tx } from '../transaction.js';

const DAY_MS = 86_400_000;
/** How far behind today days of their own begin, when the first ones are made. */
const DAYS_BEHIND = 7;
/** How far ahead of today days are made, and how few may be left before more are. */
const DAYS_AHEAD = 30;
const FEWEST_AHEAD = 14;

export interface Partitions {
  /** Start of the oldest day partition; everything before it is in `messages_before`. Null when none exist yet. */
  readonly floor: Date | null;
  /** End of the newest day partition; everything from it on is in `messages_after`. */
  readonly ceiling: Date | null;
  readonly days: readonly string[];
}

/**
 * Day partitions of `messages` between two permanent ones, so that every timestamp has a home and none is DEFAULT.
 * Each change runs in the caller's transaction with a short lock timeout: it needs the parent exclusively for a
 * moment, and waiting for it behind a long reader would stop the ingest. On 55P03 try again later.
 */
export const partitionStore = {
  async list(tx: Pick<Tx, 'query'>): Promise<Partitions> {
    const rows = await tx.query<{ name: string }>(
      `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = 'messages'::regclass and c.relname ~ '^messages_\\d{8}$' order by c.relname`,
    );
    const days = rows.map((row) => row.name);
    if (days.length === 0) return { floor: null, ceiling: null, days };
    return { floor: dayOf(days[0]!), ceiling: new Date(dayOf(days.at(-1)!).getTime() + DAY_MS), days };
  },

  /** Makes days ahead when fewer than 14 are left, the first ones too; returns how many were made. */
  async extend(tx: Pick<Tx, 'query'>, now: Date): Promise<number> {
    const today = startOfDay(now);
    const { ceiling } = await partitionStore.list(tx);
    if (ceiling !== null && ceiling.getTime() - today.getTime() >= FEWEST_AHEAD * DAY_MS) return 0;
    const from = ceiling ?? addDays(today, -DAYS_BEHIND);
    const to = addDays(today, DAYS_AHEAD + 1);
    const days = daysBetween(from, to);
    await tx.query(`set local lock_timeout = '500ms'`);
    if (ceiling === null) await attach(tx, 'messages_before', null, from, true);
    else await tx.query('alter table messages detach partition messages_after');
    for (const day of days) await attach(tx, nameOf(day), day, addDays(day, 1), true);
    if (ceiling !== null) {
      await tx.query(
        `with moved as (delete from messages_after where produced_at < '${to.toISOString()}' returning *)
         insert into messages select * from moved`,
      );
    }
    await attach(tx, 'messages_after', to, null, ceiling === null);
    return days.length;
  },

  /** Drops the days that end before `before` and forgets older rows; returns how many days went. */
  async prune(tx: Pick<Tx, 'query'>, before: Date): Promise<number> {
    const { days } = await partitionStore.list(tx);
    const gone = days.slice(0, -1).filter((name) => addDays(dayOf(name), 1) <= before);
    if (gone.length === 0) return 0;
    const floor = addDays(dayOf(gone.at(-1)!), 1);
    await tx.query(`set local lock_timeout = '500ms'`);
    await tx.query('alter table messages detach partition messages_before');
    for (const name of gone) {
      await tx.query(`alter table messages detach partition ${name}`);
      await tx.query(`drop table ${name}`);
    }
    await tx.query(`delete from messages_before where produced_at < '${before.toISOString()}'`);
    await attach(tx, 'messages_before', null, floor, false);
    return gone.length;
  },
};

/** Attaching a table whose CHECK already says the range spares Postgres the scan under its lock. */
async function attach(
  tx: Pick<Tx, 'query'>,
  name: string,
  from: Date | null,
  to: Date | null,
  create: boolean,
): Promise<void> {
  const bounds = [
    from === null ? null : `produced_at >= '${from.toISOString()}'`,
    to === null ? null : `produced_at < '${to.toISOString()}'`,
  ].filter((bound) => bound !== null);
  if (create)
    await tx.query(`create table ${name} (like messages including defaults including constraints including indexes)`);
  await tx.query(`alter table ${name} add constraint ${name}_range check (${bounds.join(' and ')})`);
  await tx.query(
    `alter table messages attach partition ${name} for values
     from (${from === null ? 'minvalue' : `'${from.toISOString()}'`}) to (${to === null ? 'maxvalue' : `'${to.toISOString()}'`})`,
  );
  await tx.query(`alter table ${name} drop constraint ${name}_range`);
}

const startOfDay = (at: Date): Date => new Date(Math.floor(at.getTime() / DAY_MS) * DAY_MS);
const addDays = (day: Date, n: number): Date => new Date(day.getTime() + n * DAY_MS);
const nameOf = (day: Date): string => `messages_${day.toISOString().slice(0, 10).replaceAll('-', '')}`;
const dayOf = (name: string): Date => new Date(name.replace(/^messages_(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3T00:00:00Z'));
const daysBetween = (from: Date, to: Date): Date[] => {
  const days: Date[] = [];
  for (let day = from; day < to; day = addDays(day, 1)) days.push(day);
  return days;
};
