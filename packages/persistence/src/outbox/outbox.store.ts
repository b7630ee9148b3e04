import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../transaction.js';

export interface NewLetter {
  readonly tenantId: string;
  /** One of the names in contracts `<noun>.events`. */
  readonly type: string;
  /** What the letter is about, usually an id: letters of one key keep their order. */
  readonly key: string;
  readonly payload: object;
}

export interface Letter {
  readonly id: string;
  readonly position: number;
  readonly tenantId: string;
  readonly type: string;
  readonly key: string;
  readonly payload: Record<string, unknown>;
  readonly createdAt: Date;
}

const columns = 'id, position, tenant_id as "tenantId", type, key, payload, created_at as "createdAt"';

/** Letters leave a transaction with its commit or not at all. */
export const outbox = {
  /** Drops one letter into the transaction; returns its id. */
  async drop(tx: Tx, letter: NewLetter): Promise<string> {
    const [id] = await outbox.dropAll(tx, [letter]);
    return id!;
  },

  /** Drops many letters, kept in this order; returns their ids. */
  async dropAll(tx: Tx, letters: readonly NewLetter[]): Promise<string[]> {
    if (letters.length === 0) return [];
    const ids = letters.map(() => uuidv7());
    await tx.query(
      `insert into outbox (id, tenant_id, type, key, payload)
       select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[])`,
      [
        ids,
        letters.map((letter) => letter.tenantId),
        letters.map((letter) => letter.type),
        letters.map((letter) => letter.key),
        letters.map((letter) => JSON.stringify(letter.payload)),
      ],
    );
    // Delivered on commit only, and once however many letters were dropped: wakes the relay.
    await tx.query(`notify muster_outbox_dropped`);
    return ids;
  },

  /**
   * Gives the oldest committed letters without a position the next ones and returns them in that order. Positions
   * follow commit order as the relay sees it; a plain sequence at insert would let readers skip letters that commit
   * late. Holds a lock to the end of the transaction; returns null when another relay holds it.
   */
  async place(tx: Tx, limit: number): Promise<Letter[] | null> {
    const [lock] = await tx.query<{ mine: boolean }>(
      `select pg_try_advisory_xact_lock(hashtext('muster.relay')) as mine`,
    );
    if (!lock!.mine) return null;
    return tx.query<Letter>(
      `with next as materialized (
         select id, nextval('outbox_position') as position from (
           select id from outbox where position is null order by created_at, id limit $1) oldest),
       placed as (
         update outbox o set position = next.position, relayed_at = now() from next where o.id = next.id
         returning o.*)
       select ${columns} from placed order by position`,
      [limit],
    );
  },

  /** Tells listeners of `muster_outbox` that letters up to `position` can be read. */
  async announce(tx: Tx, position: number): Promise<void> {
    await tx.query(`select pg_notify('muster_outbox', $1)`, [String(position)]);
  },

  /** Letters after `position` in order, at most `limit`; in a tenant transaction those of the tenant. */
  after(tx: Tx, position: number, limit: number): Promise<Letter[]> {
    return tx.query<Letter>(`select ${columns} from outbox where position > $1 order by position limit $2`, [
      position,
      limit,
    ]);
  },

  /** Letters after `position` that were relayed in the last hour in which any was, in order, at most `limit`. */
  lately(tx: Tx, position: number, limit: number): Promise<Letter[]> {
    return tx.query<Letter>(
      `select ${columns} from outbox
       where relayed_at >= (select max(relayed_at) from outbox) - interval '1 hour' and position > $1
       order by position limit $2`,
      [position, limit],
    );
  },

  /** The newest position given, 0 when there is none; where a new reader starts. */
  async head(tx: Tx): Promise<number> {
    const [row] = await tx.query<{ head: number | null }>('select max(position) as head from outbox');
    return row!.head ?? 0;
  },

  /** The oldest position still kept; a reader behind it has missed letters and must read afresh. Null when empty. */
  async tail(tx: Tx): Promise<number | null> {
    const [row] = await tx.query<{ tail: number | null }>('select min(position) as tail from outbox');
    return row!.tail;
  },

  /** Forgets letters relayed before `before`, and what consumers remembered of them; returns how many letters went. */
  async forget(tx: Tx, before: Date): Promise<number> {
    await tx.execute('delete from applied_letters where at < $1', [before]);
    return tx.execute('delete from outbox where relayed_at < $1', [before]);
  },

  /** How many letters wait for the relay and since when. */
  async backlog(tx: Tx): Promise<{ waiting: number; oldest: Date | null }> {
    const [row] = await tx.query<{ waiting: number; oldest: Date | null }>(
      'select count(*) as waiting, min(created_at) as oldest from outbox where position is null',
    );
    return row!;
  },
};
