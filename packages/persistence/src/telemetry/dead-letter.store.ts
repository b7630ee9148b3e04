import { v7 as uuidv7 } from 'uuid';
import type { Statements, Tx } from '../transaction.js';
import { type Allowance, deadLetterLimits, deadLetterLimitsStore } from './dead-letter-limits.store.js';

export interface NewDeadLetter {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly receivedAt: Date;
  /** A problem code. */
  readonly reason: string;
  readonly detail: string;
  readonly tenant: string | null;
  readonly deviceId: string | null;
}

export interface DeadLetterRow {
  readonly id: string;
  readonly receivedAt: Date;
  readonly tenant: string | null;
  readonly deviceId: string | null;
  readonly topic: string;
  readonly reason: string;
  readonly detail: string | null;
  readonly body: Buffer;
  readonly state: 'open' | 'replayed' | 'dropped';
  readonly resolvedBy: string | null;
  readonly resolvedAt: Date | null;
  /** More than one where a device has so many that only the last of a reason is kept. */
  readonly times: number;
  /** When the last of them came; null for a single one. */
  readonly lastAt: Date | null;
}

export interface DeadLetterFilter {
  readonly state?: string | undefined;
  readonly reason?: string | undefined;
  readonly deviceId?: string | undefined;
  /** Id of the last one of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Longer bodies are cut: what matters of an oversized message is that it was one. */
const MOST_BYTES = 256 * 1024;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const columns = `id, received_at as "receivedAt", tenant_id as tenant, device_id as "deviceId", topic, reason, detail, body,
  state, resolved_by as "resolvedBy", resolved_at as "resolvedAt", times, last_at as "lastAt"`;

/** Postgres stores no NUL in text; the body keeps every byte. */
const text = (value: string): string => value.replaceAll('\0', '\uFFFD').slice(0, 1_000);

/** Messages that could not be taken. Those without a known tenant are visible to the system role alone. */
export const deadLetterStore = {
  /** Keeps them as far as their devices may have so many; answers how many are only counted. */
  async insert(tx: Tx, letters: readonly NewDeadLetter[], limit: Allowance = deadLetterLimits.device): Promise<number> {
    const known = letters.map(storable);
    const beyond = await deadLetterLimitsStore.admit(tx, known, limit);
    const kept = beyond.size === 0 ? known : known.filter((_, index) => !beyond.has(index));
    if (kept.length > 0) await keep(tx, kept);
    if (beyond.size > 0)
      await summarise(
        tx,
        [...beyond].map((index) => known[index]!),
      );
    return beyond.size;
  },

  /**
   * Keeps all of them, in one statement and so in one transaction, where every device may have that many; false, and nothing
   * kept, where one may not. Poison comes among good messages, and each transaction for it is one less for them. Two
   * processes that look at once may keep a few letters more than the limit.
   */
  async insertAll(
    run: Statements,
    letters: readonly NewDeadLetter[],
    limit: Allowance = deadLetterLimits.device,
  ): Promise<boolean> {
    const [row] = await run.prepared<{ n: number }>('muster_insert_dead_letters', INSERT_ALL, [
      ...valuesOf(letters.map(storable)),
      limit.letters,
      limit.bytes,
    ]);
    return row!.n === letters.length;
  },

  /** Newest first. */
  list(tx: Tx, filter: DeadLetterFilter): Promise<DeadLetterRow[]> {
    return tx.query<DeadLetterRow>(
      `select ${columns} from dead_letters
       where ($1::text is null or state = $1) and ($2::text is null or reason = $2) and ($3::uuid is null or id < $3)
         and ($5::uuid is null or device_id = $5)
       order by id desc limit $4`,
      [filter.state ?? null, filter.reason ?? null, filter.after ?? null, filter.limit, filter.deviceId ?? null],
    );
  },

  async find(tx: Tx, id: string): Promise<DeadLetterRow | null> {
    const [row] = await tx.query<DeadLetterRow>(`select ${columns} from dead_letters where id = $1`, [id]);
    return row ?? null;
  },

  /** Closes an open one; null when it is not open. A `body` replaces the stored one, so that what is replayed is what was edited. */
  async resolve(
    tx: Tx,
    id: string,
    how: { state: 'replayed' | 'dropped'; by: string; at: Date; body?: Uint8Array | undefined },
  ): Promise<DeadLetterRow | null> {
    const [row] = await tx.query<DeadLetterRow>(
      `update dead_letters set state = $2, resolved_by = $3, resolved_at = $4, body = coalesce($5, body)
       where id = $1 and state = 'open' returning ${columns}`,
      [id, how.state, how.by, how.at, how.body === undefined ? null : Buffer.from(how.body)],
    );
    if (row?.deviceId) await deadLetterLimitsStore.recount(tx, [row.deviceId]);
    return row ?? null;
  },

  findMany(tx: Tx, ids: readonly string[]): Promise<DeadLetterRow[]> {
    return tx.query<DeadLetterRow>(`select ${columns} from dead_letters where id = any($1::uuid[]) order by id`, [ids]);
  },

  /** Closes the oldest open ones a filter selects, at most `most`; answers their ids, oldest first. */
  async resolveMany(
    tx: Tx,
    filter: { readonly reason?: string | undefined; readonly deviceId?: string | undefined },
    how: { state: 'replayed' | 'dropped'; by: string; at: Date },
    most: number,
  ): Promise<string[]> {
    const rows = await tx.query<{ id: string; deviceId: string | null }>(
      `with picked as materialized (
         select id from dead_letters
         where state = 'open' and ($1::text is null or reason = $1) and ($2::uuid is null or device_id = $2)
         order by id limit $6 for update skip locked)
       update dead_letters d set state = $3, resolved_by = $4, resolved_at = $5 from picked where d.id = picked.id
       returning d.id, d.device_id as "deviceId"`,
      [filter.reason ?? null, filter.deviceId ?? null, how.state, how.by, how.at, most],
    );
    await deadLetterLimitsStore.recount(
      tx,
      rows.flatMap(({ deviceId }) => deviceId ?? []),
    );
    return rows.map(({ id }) => id).sort();
  },

  /** Open ones by reason. */
  counts(tx: Tx): Promise<{ reason: string; count: number }[]> {
    return tx.query(
      `select reason, sum(times)::bigint as count from dead_letters where state = 'open' group by reason order by 2 desc`,
    );
  },
};

/** What of a letter can be stored: no NUL in text, no more bytes than matter, and only what is a device id as one. */
const storable = (letter: NewDeadLetter): NewDeadLetter => ({
  ...letter,
  topic: text(letter.topic),
  detail: text(letter.detail),
  deviceId: letter.deviceId !== null && UUID.test(letter.deviceId) ? letter.deviceId : null,
  payload: letter.payload.subarray(0, MOST_BYTES),
});

const valuesOf = (letters: readonly NewDeadLetter[]): unknown[] => [
  letters.map(() => uuidv7()),
  letters.map(({ receivedAt }) => receivedAt),
  letters.map(({ tenant }) => tenant),
  letters.map(({ deviceId }) => deviceId),
  letters.map(({ topic }) => topic),
  letters.map(({ reason }) => reason),
  letters.map(({ detail }) => detail),
  letters.map(({ payload }) => `\\x${Buffer.from(payload).toString('hex')}`),
];

const keep = (tx: Tx, letters: readonly NewDeadLetter[]): Promise<number> =>
  tx.execute(
    `insert into dead_letters (id, received_at, tenant_id, device_id, topic, reason, detail, body)
     select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::bytea[])`,
    valuesOf(letters),
  );

const INSERT_ALL = `
  with letters as (
    select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::bytea[])
      l(id, received_at, tenant_id, device_id, topic, reason, detail, body)),
  wanted as (
    select device_id, min(tenant_id) as tenant_id, count(*)::int as open, sum(octet_length(body)) as bytes
    from letters where device_id is not null group by device_id),
  fits as (
    select coalesce(bool_and(coalesce(t.open, 0) + w.open <= $9::int and coalesce(t.bytes, 0) + w.bytes <= $10::bigint), true) as ok
    from wanted w left join dead_letter_tallies t using (device_id)),
  charged as (
    insert into dead_letter_tallies as t (device_id, tenant_id, open, bytes)
    select w.* from wanted w, fits where ok order by device_id
    on conflict (device_id) do update set open = t.open + excluded.open, bytes = t.bytes + excluded.bytes),
  kept as (
    insert into dead_letters (id, received_at, tenant_id, device_id, topic, reason, detail, body)
    select l.* from letters l, fits where ok returning 1)
  select count(*)::int as n from kept`;

/** One row for each device and reason: the last of them, and how many it stands for. */
const summarise = async (tx: Tx, letters: readonly NewDeadLetter[]): Promise<void> => {
  const groups = Map.groupBy(letters, ({ deviceId, reason }) => `${deviceId}/${reason}`);
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
  await tx.execute(
    `insert into dead_letters as d (id, received_at, tenant_id, device_id, topic, reason, detail, body, times, last_at, summary)
     select *, true from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[],
       $8::bytea[], $9::bigint[], $10::timestamptz[])
     on conflict (device_id, reason) where summary and state = 'open' do update set
       times = d.times + excluded.times, last_at = excluded.last_at, topic = excluded.topic, detail = excluded.detail,
       body = excluded.body`,
    [
      ...valuesOf(sorted.map((group) => ({ ...group.at(-1)!, receivedAt: group[0]!.receivedAt }))),
      sorted.map((group) => group.length),
      sorted.map((group) => group.at(-1)!.receivedAt),
    ],
  );
};
