import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../transaction.js';

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
}

export interface DeadLetterFilter {
  readonly state?: string | undefined;
  readonly reason?: string | undefined;
  /** Id of the last one of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Longer bodies are cut: what matters of an oversized message is that it was one. */
const MOST_BYTES = 256 * 1024;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const columns = `id, received_at as "receivedAt", tenant_id as tenant, device_id as "deviceId", topic, reason, detail, body,
  state, resolved_by as "resolvedBy", resolved_at as "resolvedAt"`;

/** Postgres stores no NUL in text; the body keeps every byte. */
const text = (value: string): string => value.replaceAll('\0', '\uFFFD').slice(0, 1_000);

/** Messages that could not be taken. Those without a known tenant are visible to the system role alone. */
export const deadLetterStore = {
  async insert(tx: Tx, letters: readonly NewDeadLetter[]): Promise<void> {
    await tx.execute(
      `insert into dead_letters (id, received_at, tenant_id, device_id, topic, reason, detail, body)
       select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::bytea[])`,
      [
        letters.map(() => uuidv7()),
        letters.map((letter) => letter.receivedAt),
        letters.map((letter) => letter.tenant),
        letters.map(({ deviceId }) => (deviceId !== null && UUID.test(deviceId) ? deviceId : null)),
        letters.map((letter) => text(letter.topic)),
        letters.map((letter) => letter.reason),
        letters.map((letter) => text(letter.detail)),
        letters.map((letter) => `\\x${Buffer.from(letter.payload).subarray(0, MOST_BYTES).toString('hex')}`),
      ],
    );
  },

  /** Newest first. */
  list(tx: Tx, filter: DeadLetterFilter): Promise<DeadLetterRow[]> {
    return tx.query<DeadLetterRow>(
      `select ${columns} from dead_letters
       where ($1::text is null or state = $1) and ($2::text is null or reason = $2) and ($3::uuid is null or id < $3)
       order by id desc limit $4`,
      [filter.state ?? null, filter.reason ?? null, filter.after ?? null, filter.limit],
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
    return row ?? null;
  },

  /** Open ones by reason. */
  counts(tx: Tx): Promise<{ reason: string; count: number }[]> {
    return tx.query(
      `select reason, count(*) as count from dead_letters where state = 'open' group by reason order by 2 desc`,
    );
  },

  /** Forgets those resolved before `before`, and the oldest beyond `most`; returns how many went. */
  async prune(tx: Tx, before: Date, most: number): Promise<number> {
    const resolved = await tx.execute(`delete from dead_letters where state <> 'open' and resolved_at < $1`, [before]);
    const excess = await tx.execute(
      'delete from dead_letters where id <= (select id from dead_letters order by id desc offset $1 limit 1)',
      [most],
    );
    return resolved + excess;
  },
};
