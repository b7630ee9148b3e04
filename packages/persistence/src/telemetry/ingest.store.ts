import { binaryArray, flatArray, textArray } from '../binary-array.js';
import type { Statements, Tx } from '../transaction.js';
import type { MessageRow } from './message-row.js';
import type { DeviceHour } from './rollup.store.js';

export interface RegisteredDevice {
  readonly deviceId: string;
  readonly deviceKey: number;
  readonly tenant: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The write path of telemetry and heartbeats. Runs in system transactions: a batch crosses tenants. */
export const ingestStore = {
  /** The devices among `ids`, by id. Text that is no UUID is simply unknown. */
  async findDevices(tx: Tx, ids: readonly string[]): Promise<Map<string, RegisteredDevice>> {
    const rows = await tx.query<RegisteredDevice>(
      'select id as "deviceId", device_key as "deviceKey", tenant_id as tenant from devices where id = any($1::uuid[])',
      [ids.filter((id) => UUID.test(id))],
    );
    return new Map(rows.map((row) => [row.deviceId, row]));
  },

  /** Ids of metrics by `tenant/key`, added to the catalogue where they are new. */
  async metricIds(tx: Tx, wanted: readonly { tenant: string; key: string }[]): Promise<Map<string, number>> {
    const params = [wanted.map(({ tenant }) => tenant), wanted.map(({ key }) => key)];
    await tx.execute(
      `insert into metrics (tenant_id, key) select distinct * from unnest($1::text[], $2::text[]) u(t, k) order by t, k
       on conflict do nothing`,
      params,
    );
    const rows = await tx.query<{ id: number; tenant: string; key: string }>(
      `select m.id, m.tenant_id as tenant, m.key from metrics m
       join unnest($1::text[], $2::text[]) u(t, k) on m.tenant_id = u.t and m.key = u.k`,
      params,
    );
    return new Map(rows.map(({ id, tenant, key }) => [`${tenant}/${key}`, id]));
  },

  /** Ids of places by `deviceKey/path`, made where they are new; a given asset replaces the known one. */
  async placeIds(
    tx: Tx,
    wanted: readonly { tenant: string; deviceKey: number; path: string; asset: string | null }[],
  ): Promise<Map<string, number>> {
    const rows = await tx.query<{ id: number; deviceKey: number; path: string }>(
      `insert into places (tenant_id, device_key, path, asset)
       select distinct on (d, p) * from unnest($1::text[], $2::int[], $3::text[], $4::text[]) u(t, d, p, a) order by d, p
       on conflict (device_key, path) do update set asset = coalesce(excluded.asset, places.asset)
       returning id, device_key as "deviceKey", path`,
      [
        wanted.map(({ tenant }) => tenant),
        wanted.map(({ deviceKey }) => deviceKey),
        wanted.map(({ path }) => path),
        wanted.map(({ asset }) => asset),
      ],
    );
    return new Map(rows.map(({ id, deviceKey, path }) => [`${deviceKey}/${path}`, id]));
  },

  /**
   * Stores `rows`, which must be sorted by `byKey`, and marks `hours` for rollup, in one repeat-safe statement: a
   * transaction of its own where nothing else belongs to it. Returns how many rows of each kind were new; the rest were
   * known already. Marks wait for the rollup that holds them, as `rollupStore.mark` does.
   */
  async insert(
    run: Statements,
    rows: readonly MessageRow[],
    hours: readonly DeviceHour[] = [],
  ): Promise<Map<number, number>> {
    const marks = hours.toSorted((a, b) => a.deviceKey - b.deviceKey || a.bucket - b.bucket);
    const stored = await run.prepared<{ kind: number; n: number }>('muster_insert_messages', INSERT, [
      binaryArray('int4', rows, (row) => row.deviceKey),
      binaryArray('timestamptz', rows, (row) => row.producedAt.getTime()),
      binaryArray('int8', rows, (row) => row.seqNo),
      binaryArray('int2', rows, (row) => row.kind),
      binaryArray('int4', rows, (row) => row.placeId),
      binaryArray('timestamptz', rows, (row) => row.receivedAt.getTime()),
      binaryArray('int2', rows, (row) => row.schemaVersion),
      binaryArray('timestamptz', rows, (row) => row.correctedAt?.getTime() ?? null),
      binaryArray('int4', rows, (row) => row.flags),
      binaryArray('int4', rows, (row) => row.value.length),
      binaryArray('int4', rows, readingsSoFar()),
      flatArray('int4', rows, (row) => row.dtMs),
      flatArray('int4', rows, (row) => row.metric),
      flatArray('float8', rows, (row) => row.value),
      textArray(rows, (row) => (row.extra === null ? null : JSON.stringify(row.extra))),
      textArray(rows, (row) => (row.quality === null ? null : `{${row.quality.join(',')}}`)),
      binaryArray('int4', marks, (mark) => mark.deviceKey),
      binaryArray('timestamptz', marks, (mark) => mark.bucket),
    ]);
    return new Map(stored.map(({ kind, n }) => [kind, n]));
  },
};

/** Where the readings of each row end among those of all, counted from 1: for rows in their order. */
function readingsSoFar(): (row: MessageRow) => number {
  let end = 0;
  return (row) => {
    end += row.value.length;
    return end;
  };
}

/**
 * Counts instead of keys come back: reading a thousand keys would cost the worker as much as sending the rows. Readings
 * travel in one array each and are cut here, which costs Postgres a copy and no parsing.
 */
const INSERT = `
  with stored as (
    insert into messages (device_key, produced_at, seq_no, kind, place_id, received_at, schema_version, corrected_at, flags,
      dt_ms, metric, value, extra, quality)
    select d, p, s, k, pl, r, v, c, f, ($12::int[])[e - n + 1:e], ($13::int[])[e - n + 1:e], ($14::float8[])[e - n + 1:e],
      x::jsonb, q::smallint[]
    from unnest($1::int[], $2::timestamptz[], $3::bigint[], $4::smallint[], $5::int[], $6::timestamptz[], $7::smallint[],
      $8::timestamptz[], $9::int[], $10::int[], $11::int[], $15::text[], $16::text[]) u(d, p, s, k, pl, r, v, c, f, n, e, x, q)
    on conflict do nothing returning kind),
  marked as (
    insert into rollup_dirty (device_key, bucket) select * from unnest($17::int[], $18::timestamptz[])
    on conflict (device_key, bucket) do update set marked_at = now())
  select kind, count(*)::int as n from stored group by kind`;
