import type { Tx } from '../transaction.js';
import { partitionStore } from './partition.store.js';

/** Beyond this nobody reads the digits, and counting them would cost more the worse it is. */
const MOST_COUNTED = 100_000;

/** What waits behind the ingest and what lies ahead of it, of all tenants: system transactions. */
export const ingestStatusStore = {
  /** Device hours that are over and wait to be rolled up, counted up to 100,000, and the oldest of them. */
  async rollups(tx: Tx, now: Date): Promise<{ waiting: number; oldest: Date | null }> {
    const [row] = await tx.query<{ waiting: number; oldest: Date | null }>(
      `select count(*)::int as waiting, min(bucket) as oldest from (
         select bucket from rollup_dirty where bucket < date_trunc('hour', $1::timestamptz, 'UTC') order by bucket limit $2) d`,
      [now, MOST_COUNTED],
    );
    return row!;
  },

  /** Parts of `messages` that are attached, with their bytes, indexes and all, and when the newest day ends. */
  async partitions(tx: Tx): Promise<{ ahead: Date | null; count: number; bytes: number }> {
    const { ceiling } = await partitionStore.list(tx);
    const [row] = await tx.query<{ count: number; bytes: number }>(
      `select count(*)::int as count, coalesce(sum(pg_total_relation_size(inhrelid)), 0)::bigint as bytes
       from pg_inherits where inhparent = 'messages'::regclass`,
    );
    return { ahead: ceiling, ...row! };
  },
};
