import type { Tx } from '../transaction.js';
import { effectiveTime, keyText, type MessageKey, type MessageRow } from './message-row.js';

export interface RegisteredDevice {
  readonly deviceId: string;
  readonly deviceKey: number;
  readonly tenant: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const HOUR_MS = 3_600_000;

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
   * Stores `rows`, which must be sorted by `byKey`, in one repeat-safe statement and brings latest values and the list of
   * hours to roll up along, from the rows that are really new. Returns those; the rest were known already.
   */
  async insert(tx: Tx, rows: readonly MessageRow[]): Promise<MessageRow[]> {
    const inserted = await tx.prepared<MessageKey>('muster_insert_messages', INSERT, [
      rows.map((row) => row.deviceKey),
      rows.map((row) => row.producedAt),
      rows.map((row) => row.seqNo),
      rows.map((row) => row.kind),
      rows.map((row) => row.placeId),
      rows.map((row) => row.receivedAt),
      rows.map((row) => row.schemaVersion),
      rows.map((row) => row.correctedAt),
      rows.map((row) => row.flags),
      rows.map((row) => `{${row.dtMs.join(',')}}`),
      rows.map((row) => `{${row.metric.join(',')}}`),
      rows.map((row) => `{${row.value.join(',')}}`),
      rows.map((row) => (row.extra === null ? null : JSON.stringify(row.extra))),
    ]);
    const fresh = pick(rows, inserted);
    const readings = fresh.filter((row) => row.metric.length > 0);
    if (readings.length > 0) {
      await keepLatest(tx, readings);
      await markDirty(tx, readings);
    }
    return fresh;
  },
};

const INSERT = `
  insert into messages (device_key, produced_at, seq_no, kind, place_id, received_at, schema_version, corrected_at, flags,
    dt_ms, metric, value, extra)
  select d, p, s, k, pl, r, v, c, f, dt::int[], m::int[], val::float8[], e::jsonb
  from unnest($1::int[], $2::timestamptz[], $3::bigint[], $4::smallint[], $5::int[], $6::timestamptz[], $7::smallint[],
    $8::timestamptz[], $9::int[], $10::text[], $11::text[], $12::text[], $13::text[]) u(d, p, s, k, pl, r, v, c, f, dt, m, val, e)
  on conflict do nothing
  returning device_key as "deviceKey", produced_at as "producedAt", seq_no as "seqNo", kind`;

/** A key that came twice in one batch was stored once, from its first row. */
const pick = (rows: readonly MessageRow[], keys: readonly MessageKey[]): MessageRow[] => {
  const wanted = new Set(keys.map(keyText));
  return rows.filter((row) => wanted.delete(keyText(row)));
};

interface Latest {
  readonly deviceKey: number;
  readonly placeId: number;
  readonly metric: number;
  readonly tenant: string;
  at: number;
  value: number;
}

async function keepLatest(tx: Tx, rows: readonly MessageRow[]): Promise<void> {
  const latest = new Map<string, Latest>();
  for (const row of rows) {
    const { deviceKey, tenant } = row;
    const placeId = row.placeId ?? 0;
    for (const [i, metric] of row.metric.entries()) {
      const at = effectiveTime(row, row.dtMs[i]!);
      const value = row.value[i]!;
      const key = `${deviceKey}/${placeId}/${metric}`;
      const known = latest.get(key);
      if (known === undefined) latest.set(key, { deviceKey, placeId, metric, tenant, at, value });
      else if (at >= known.at) Object.assign(known, { at, value });
    }
  }
  const sorted = [...latest.values()].sort(
    (a, b) => a.deviceKey - b.deviceKey || a.placeId - b.placeId || a.metric - b.metric,
  );
  await tx.prepared(
    'muster_keep_latest',
    `insert into latest_values (device_key, place_id, metric, tenant_id, at, value)
     select * from unnest($1::int[], $2::int[], $3::int[], $4::text[], $5::timestamptz[], $6::float8[])
     on conflict (device_key, place_id, metric) do update set at = excluded.at, value = excluded.value
     where excluded.at >= latest_values.at`,
    [
      sorted.map((one) => one.deviceKey),
      sorted.map((one) => one.placeId),
      sorted.map((one) => one.metric),
      sorted.map((one) => one.tenant),
      sorted.map((one) => new Date(one.at)),
      sorted.map((one) => one.value),
    ],
  );
}

/**
 * The update on conflict looks idle and is not: it locks the row until commit, so that a rollup under way cannot clear the
 * mark after reading and before these messages become visible.
 */
async function markDirty(tx: Tx, rows: readonly MessageRow[]): Promise<void> {
  const hours = new Map<string, [number, number]>();
  for (const row of rows) {
    for (const dtMs of new Set(row.dtMs)) {
      const hour = Math.floor(effectiveTime(row, dtMs) / HOUR_MS) * HOUR_MS;
      hours.set(`${row.deviceKey}/${hour}`, [row.deviceKey, hour]);
    }
  }
  const sorted = [...hours.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  await tx.prepared(
    'muster_mark_dirty',
    `insert into rollup_dirty (device_key, bucket) select * from unnest($1::int[], $2::timestamptz[])
     on conflict (device_key, bucket) do update set marked_at = now()`,
    [sorted.map(([deviceKey]) => deviceKey), sorted.map(([, hour]) => new Date(hour))],
  );
}
