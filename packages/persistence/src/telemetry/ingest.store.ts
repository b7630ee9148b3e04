import { arrayLiteral, quoted } from '../array-literal.js';
import type { Tx } from '../transaction.js';
import type { MessageRow } from './message-row.js';

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
   * Stores `rows`, which must be sorted by `byKey`, in one repeat-safe statement. Returns how many of each kind were new;
   * the rest were known already.
   */
  async insert(tx: Tx, rows: readonly MessageRow[]): Promise<Map<number, number>> {
    const stored = await tx.prepared<{ kind: number; n: number }>('muster_insert_messages', INSERT, [
      arrayLiteral(rows, (row) => row.deviceKey),
      arrayLiteral(rows, (row) => row.producedAt.toISOString()),
      arrayLiteral(rows, (row) => row.seqNo),
      arrayLiteral(rows, (row) => row.kind),
      arrayLiteral(rows, (row) => row.placeId),
      arrayLiteral(rows, (row) => row.receivedAt.toISOString()),
      arrayLiteral(rows, (row) => row.schemaVersion),
      arrayLiteral(rows, (row) => row.correctedAt?.toISOString() ?? null),
      arrayLiteral(rows, (row) => row.flags),
      arrayLiteral(rows, (row) => `"{${row.dtMs.join(',')}}"`),
      arrayLiteral(rows, (row) => `"{${row.metric.join(',')}}"`),
      arrayLiteral(rows, (row) => `"{${row.value.join(',')}}"`),
      arrayLiteral(rows, (row) => (row.extra === null ? null : quoted(JSON.stringify(row.extra)))),
      arrayLiteral(rows, (row) => (row.quality === null ? null : `"{${row.quality.join(',')}}"`)),
    ]);
    return new Map(stored.map(({ kind, n }) => [kind, n]));
  },
};

/** Counts instead of keys come back: reading a thousand keys would cost the worker as much as sending the rows. */
const INSERT = `
  with stored as (
    insert into messages (device_key, produced_at, seq_no, kind, place_id, received_at, schema_version, corrected_at, flags,
      dt_ms, metric, value, extra, quality)
    select d, p, s, k, pl, r, v, c, f, dt::int[], m::int[], val::float8[], e::jsonb, q::smallint[]
    from unnest($1::int[], $2::timestamptz[], $3::bigint[], $4::smallint[], $5::int[], $6::timestamptz[], $7::smallint[],
      $8::timestamptz[], $9::int[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[])
      u(d, p, s, k, pl, r, v, c, f, dt, m, val, e, q)
    on conflict do nothing returning kind)
  select kind, count(*)::int as n from stored group by kind`;
