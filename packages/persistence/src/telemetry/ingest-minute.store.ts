import type { Tx } from '../transaction.js';

/** What one process took in for one tenant within ten seconds. */
export interface SlotCounts {
  readonly tenant: string;
  readonly at: Date;
  readonly stored: number;
  readonly readings: number;
  readonly duplicates: number;
  readonly deadLettered: number;
  readonly shed: number;
  readonly bytes: number;
  /** `MillisHistogram`s: arrival to commit, and the device's clock to commit. */
  readonly commitMs: readonly number[];
  readonly lagMs: readonly number[];
}

export interface ProcessFacts {
  readonly name: string;
  readonly doors: readonly string[];
  readonly waiting: number;
  readonly paused: boolean;
  readonly rssBytes: number;
}

/** A device a process holds back at present. */
export interface Flood {
  readonly tenant: string;
  readonly deviceId: string;
  readonly since: Date;
  /** Messages held back since then. */
  readonly shed: number;
}

/** A process that says nothing for longer holds nobody back any more. */
const FLOOD_SEEN = `interval '45 seconds'`;
const PROCESS_SEEN = `interval '10 minutes'`;

export const ingestMinuteStore = {
  /** Keeps finished slots of one process. Repeat-safe: a slot of a process is written once. */
  async keep(tx: Tx, process: string, slots: readonly SlotCounts[]): Promise<void> {
    if (slots.length === 0) return;
    await tx.execute(
      `insert into ingest_slots (tenant_id, at, process, stored, readings, duplicates, dead_lettered, shed, bytes, commit_ms, lag_ms)
       select t, a, $1, s, r, d, dl, sh, b, c::int[], l::int[]
       from unnest($2::text[], $3::timestamptz[], $4::int[], $5::bigint[], $6::int[], $7::int[], $8::int[], $9::bigint[],
         $10::text[], $11::text[]) u(t, a, s, r, d, dl, sh, b, c, l)
       on conflict do nothing`,
      [
        process,
        slots.map(({ tenant }) => tenant),
        slots.map(({ at }) => at),
        slots.map(({ stored }) => stored),
        slots.map(({ readings }) => readings),
        slots.map(({ duplicates }) => duplicates),
        slots.map(({ deadLettered }) => deadLettered),
        slots.map(({ shed }) => shed),
        slots.map(({ bytes }) => bytes),
        slots.map(({ commitMs }) => `{${commitMs.join(',')}}`),
        slots.map(({ lagMs }) => `{${lagMs.join(',')}}`),
      ],
    );
  },

  /** Says that a process is there, and whom it holds back now. */
  async present(tx: Tx, facts: ProcessFacts, floods: readonly Flood[], now: Date): Promise<void> {
    await tx.execute(
      `insert into ingest_processes (name, doors, waiting, paused, rss_bytes, seen_at) values ($1, $2, $3, $4, $5, $6)
       on conflict (name) do update set doors = excluded.doors, waiting = excluded.waiting, paused = excluded.paused,
         rss_bytes = excluded.rss_bytes, seen_at = excluded.seen_at`,
      [facts.name, facts.doors, facts.waiting, facts.paused, facts.rssBytes, now],
    );
    await tx.execute('delete from ingest_floods where process = $1 and device_id <> all($2::uuid[])', [
      facts.name,
      floods.map(({ deviceId }) => deviceId),
    ]);
    if (floods.length === 0) return;
    await tx.execute(
      `insert into ingest_floods (tenant_id, device_id, process, since, shed, seen_at)
       select t, d, $1, s, n, $2 from unnest($3::text[], $4::uuid[], $5::timestamptz[], $6::bigint[]) u(t, d, s, n)
       on conflict (tenant_id, device_id, process) do update
         set since = excluded.since, shed = excluded.shed, seen_at = excluded.seen_at`,
      [
        facts.name,
        now,
        floods.map(({ tenant }) => tenant),
        floods.map(({ deviceId }) => deviceId),
        floods.map(({ since }) => since),
        floods.map(({ shed }) => shed),
      ],
    );
  },

  /** A process that ends takes its row along; its slots stay. */
  async leave(tx: Tx, process: string): Promise<void> {
    await tx.execute('delete from ingest_processes where name = $1', [process]);
    await tx.execute('delete from ingest_floods where process = $1', [process]);
  },

  /** Forgets what is older than `before`. */
  async prune(tx: Tx, before: Date): Promise<void> {
    await tx.execute('delete from ingest_slots where at < $1', [before]);
    await tx.execute('delete from ingest_processes where seen_at < $1', [before]);
    await tx.execute('delete from ingest_floods where seen_at < $1', [before]);
  },

  /** Slots of the tenant since `from`, one a process, oldest first. */
  slots(tx: Tx, from: Date): Promise<Omit<SlotCounts, 'tenant'>[]> {
    return tx.query(
      `select at, stored, readings, duplicates, dead_lettered as "deadLettered", shed, bytes, commit_ms as "commitMs",
         lag_ms as "lagMs"
       from ingest_slots where at >= $1 order by at`,
      [from],
    );
  },

  /** Processes heard of within the last ten minutes. */
  processes(tx: Tx, now: Date): Promise<(ProcessFacts & { seenAt: Date })[]> {
    return tx.query(
      `select name, doors, waiting, paused, rss_bytes as "rssBytes", seen_at as "seenAt" from ingest_processes
       where seen_at > $1::timestamptz - ${PROCESS_SEEN} order by name`,
      [now],
    );
  },

  /** Devices of the tenant that are held back, the worst first. */
  floods(tx: Tx, now: Date): Promise<{ deviceId: string; name: string; since: Date; shed: number }[]> {
    return tx.query(
      `select f.device_id as "deviceId", d.name, min(f.since) as since, sum(f.shed)::bigint as shed
       from ingest_floods f join devices d on d.id = f.device_id
       where f.seen_at > $1::timestamptz - ${FLOOD_SEEN}
       group by f.device_id, d.name order by 4 desc limit 100`,
      [now],
    );
  },
};
