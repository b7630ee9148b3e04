import type { purgeStates } from '@muster/contracts/telemetry/retention.schema';
import type { Tx } from '../transaction.js';
import { partitionStore } from './partition.store.js';
import { hourlyRollups, known, type Partitioned, rawMessages } from './partitioned.js';
import { tierStore } from './tier.store.js';

export interface PurgeRow {
  readonly id: string;
  readonly tenant: string;
  /** Null for everything of the tenant. */
  readonly deviceId: string | null;
  readonly reason: string;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly state: (typeof purgeStates)[number];
  readonly finishedAt: Date | null;
  /** Rows removed so far by kind, counted in the transactions that removed them. */
  readonly removed: Readonly<Record<string, number>>;
  readonly detail: string | null;
}
export interface PurgedDevices {
  readonly keys: readonly number[];
  readonly ids: readonly string[];
}

const columns = `id, tenant_id as tenant, device_id as "deviceId", reason, requested_by as "requestedBy",
  requested_at as "requestedAt", state, finished_at as "finishedAt", removed, detail`;

/**
 * What is measured or concluded from measurements, beside the raw messages, by what a purge calls it. Marks for rollups go
 * first of all, so that nothing is computed again from what is about to go.
 */
const byKey: readonly [kind: string, table: string][] = [
  ['marks', 'rollup_dirty'],
  ['marks', 'rollup_dirty_days'],
  ['daily', 'telemetry_daily'],
  ['weekly', 'telemetry_weekly'],
  ['latest', 'latest_values'],
  ['clockAnchors', 'clock_anchors'],
  ['anomalies', 'anomalies'],
  ['baselines', 'series_baselines'],
  ['baselines', 'anomaly_looks'],
];

/** A purge crosses the nouns of telemetry: it is the one place that removes rows of all of them. */
export const purgeStore = {
  async insert(
    tx: Tx,
    one: Pick<PurgeRow, 'id' | 'deviceId' | 'reason' | 'requestedBy' | 'requestedAt'>,
  ): Promise<PurgeRow> {
    const [row] = await tx.query<PurgeRow>(
      `insert into purges (id, tenant_id, device_id, reason, requested_by, requested_at, state)
       values ($1, $2, $3, $4, $5, $6, 'queued') returning ${columns}`,
      [one.id, tx.tenantId, one.deviceId, one.reason, one.requestedBy, one.requestedAt],
    );
    return row!;
  },

  /** Newest first. */
  list(tx: Tx, after: string | null, limit: number): Promise<PurgeRow[]> {
    return tx.query<PurgeRow>(
      `select ${columns} from purges where $1::uuid is null or id < $1 order by id desc limit $2`,
      [after, limit],
    );
  },

  /** The oldest after `after` that is not done, across tenants; said to be running from now on. */
  async next(tx: Tx, after: string | null): Promise<PurgeRow | null> {
    const [row] = await tx.query<PurgeRow>(
      `update purges set state = 'running' where id = (
         select id from purges where state in ('queued', 'running') and ($1::uuid is null or id > $1) order by id limit 1)
       returning ${columns}`,
      [after],
    );
    return row ?? null;
  },

  async trouble(tx: Tx, id: string, detail: string): Promise<void> {
    await tx.execute('update purges set detail = $2 where id = $1', [id, detail.slice(0, 500)]);
  },

  async finish(tx: Tx, id: string, at: Date): Promise<PurgeRow> {
    const [row] = await tx.query<PurgeRow>(
      `update purges set state = 'done', finished_at = $2, detail = null where id = $1 returning ${columns}`,
      [id, at],
    );
    return row!;
  },

  /** Adds to the counts, in the transaction that removes. */
  async count(tx: Tx, id: string, kind: string, n: number): Promise<void> {
    if (n === 0) return;
    await tx.execute(
      `update purges set removed = jsonb_set(removed, array[$2], to_jsonb(coalesce((removed ->> $2)::bigint, 0) + $3::bigint))
       where id = $1`,
      [id, kind, n],
    );
  },

  /** The next devices it is about, by key; at most one for a purge of a device. */
  async devices(tx: Tx, purge: PurgeRow, after: number, limit: number): Promise<PurgedDevices> {
    const rows = await tx.query<{ key: number; id: string }>(
      `select device_key as key, id from devices
       where tenant_id = $1 and ($2::uuid is null or id = $2) and device_key > $3 order by device_key limit $4`,
      [purge.tenant, purge.deviceId, after, limit],
    );
    return { keys: rows.map(({ key }) => key), ids: rows.map(({ id }) => id) };
  },

  /** Every table raw messages or hours may lie in: parts, the permanent ones, and what was taken out and waits. */
  async tables(tx: Tx, table: Partitioned): Promise<string[]> {
    const parts = (await partitionStore.parts(tx, table)).map(({ name }) => name);
    const out = (await tierStore.sources(tx)).filter((name) => name.startsWith(`${table.parent}_`));
    return [`${table.parent}_before`, ...parts, `${table.parent}_after`, ...out];
  },
  raw: (tx: Tx): Promise<string[]> => purgeStore.tables(tx, rawMessages),
  hours: (tx: Tx): Promise<string[]> => purgeStore.tables(tx, hourlyRollups),

  /** Removes up to `limit` messages that were received by the time of the request; what came later stays. */
  async removeRaw(tx: Tx, purge: PurgeRow, part: string, keys: readonly number[], limit: number): Promise<number> {
    const n = await tx.execute(
      `delete from ${known(part)} where ctid = any(array(
         select ctid from ${part} where device_key = any($1::int[]) and received_at <= $2 limit $3))`,
      [keys, purge.requestedAt, limit],
    );
    await purgeStore.count(tx, purge.id, 'messages', n);
    return n;
  },

  async removeHours(tx: Tx, purge: PurgeRow, part: string, keys: readonly number[], limit: number): Promise<number> {
    const n = await tx.execute(
      `delete from ${known(part)} where ctid = any(array(select ctid from ${part} where device_key = any($1::int[]) limit $2))`,
      [keys, limit],
    );
    await purgeStore.count(tx, purge.id, 'hourly', n);
    return n;
  },

  /** Everything kept by device beside messages and hours, at once: it is little per device. */
  async removeRest(tx: Tx, purge: PurgeRow, { keys, ids }: PurgedDevices): Promise<void> {
    for (const [kind, table] of byKey) {
      const n = await tx.execute(`delete from ${table} where device_key = any($1::int[])`, [keys]);
      await purgeStore.count(tx, purge.id, kind, n);
    }
    const letters = await tx.execute(
      'delete from dead_letters where device_id = any($1::uuid[]) and received_at <= $2',
      [ids, purge.requestedAt],
    );
    await purgeStore.count(tx, purge.id, 'deadLetters', letters);
  },

  /** Dead letters of a tenant that name no device of it. */
  async removeLetters(tx: Tx, purge: PurgeRow): Promise<void> {
    const n = await tx.execute('delete from dead_letters where tenant_id = $1 and received_at <= $2', [
      purge.tenant,
      purge.requestedAt,
    ]);
    await purgeStore.count(tx, purge.id, 'deadLetters', n);
  },

  /**
   * What arrived since the request is computed again: the marks of its hours went with the rest. It may be of any time,
   * and is all there is of these devices by now. Hours that are not over are marked in any case: whoever ingests marked
   * them once and relies on it.
   */
  async markLater(tx: Tx, keys: readonly number[]): Promise<void> {
    await tx.execute(
      `insert into rollup_dirty (device_key, bucket)
       select distinct device_key, date_trunc('hour', coalesce(corrected_at, produced_at) + dt * interval '1 millisecond', 'UTC')
       from messages, unnest(dt_ms) dt where device_key = any($1::int[])
       union select key, date_trunc('hour', now(), 'UTC') + n * interval '1 hour'
       from unnest($1::int[]) key, generate_series(0, 1) n
       order by 1, 2 on conflict do nothing`,
      [keys],
    );
  },
};
