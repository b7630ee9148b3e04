import type { Tx } from '../transaction.js';

/** What the heartbeats of one batch say of one device, the newest last word included. */
export interface Sighting {
  readonly deviceKey: number;
  /** When it arrived here. */
  readonly at: Date;
  /** False when the last word was its Will. */
  readonly connected: boolean;
  /** When the connection opened, if it did in this batch. */
  readonly openedAt: Date | null;
  /** The newest report of its own state; null when there was none. */
  readonly health: Record<string, unknown> | null;
  readonly lastSeq: number | null;
  /** When the device made the heartbeat `lastSeq` belongs to, by its own clock; null as `lastSeq` is. */
  readonly lastProducedAt: Date | null;
  readonly firmwareVersion: string | null;
  readonly agentVersion: string | null;
}

/** Less than half of the shortest heartbeat interval, so that presence is judged from a time that is right enough. */
const FRESH_S = 2;

/** What devices say of themselves all the time. Needs a system transaction; presence is judged elsewhere, from this. */
export const heartbeatStore = {
  /**
   * Writes `sightings`, one a device, and returns the keys of those that are news. A Will is not a sighting: it leaves
   * `last_seen_at` alone. A heartbeat that is older than the newest one by its number and by its device's clock was
   * overtaken on the way (batches commit side by side, brokers redeliver): it proves life and says nothing else. One that
   * says nothing new of a device seen a moment ago is not written: a row of `device_state` is as large as its health.
   */
  async record(tx: Tx, sightings: readonly Sighting[]): Promise<ReadonlySet<number>> {
    const sorted = sightings.toSorted((a, b) => a.deviceKey - b.deviceKey);
    const overtaken = '(s.last_seq > h.last_seq and s.last_produced_at > h.produced_at)';
    const unlessOvertaken = (column: string, value: string) =>
      `${column} = case when ${overtaken} then s.${column} else coalesce(${value}, s.${column}) end`;
    const rows = await tx.prepared<{ deviceKey: number }>(
      'muster_record_heartbeats',
      `with h as materialized (
         select * from unnest($1::int[], $2::timestamptz[], $3::bool[], $4::bool[], $5::timestamptz[], $6::text[], $7::bigint[],
           $8::timestamptz[]) h(device_key, at, connected, alive, opened_at, health, last_seq, produced_at)),
       fresh as (
         select s.device_key from h join device_state s on s.device_key = h.device_key
         where s.last_seen_at > h.at - interval '${FRESH_S} seconds' and s.connected and h.connected and h.alive
           and h.opened_at is null and s.health - 'uptimeS' = h.health::jsonb - 'uptimeS' and not ${overtaken}),
       written as (
         update device_state s set
           last_seen_at = case when h.alive then greatest(s.last_seen_at, h.at) else s.last_seen_at end,
           connected = h.connected,
           session_since = coalesce(h.opened_at, s.session_since),
           ${unlessOvertaken('health', 'h.health::jsonb')},
           ${unlessOvertaken('last_seq', 'h.last_seq')},
           ${unlessOvertaken('last_produced_at', 'h.produced_at')}
         from h where s.device_key = h.device_key and not exists (select from fresh where fresh.device_key = h.device_key)
         returning case when s.last_seq = h.last_seq and s.last_produced_at = h.produced_at then s.device_key end as device_key)
       select device_key as "deviceKey" from written union all select device_key from fresh`,
      [
        sorted.map((one) => one.deviceKey),
        sorted.map((one) => one.at),
        sorted.map((one) => one.connected),
        sorted.map((one) => one.lastSeq !== null),
        sorted.map((one) => one.openedAt),
        sorted.map((one) => (one.health === null ? null : JSON.stringify(one.health))),
        sorted.map((one) => one.lastSeq),
        sorted.map((one) => one.lastProducedAt),
      ],
    );
    return new Set(rows.map(({ deviceKey }) => deviceKey));
  },

  /** Keeps the registry's versions what devices say they run; returns the devices for which that was news. */
  async keepVersions(tx: Tx, sightings: readonly Sighting[]): Promise<{ tenantId: string; deviceId: string }[]> {
    const sorted = sightings.toSorted((a, b) => a.deviceKey - b.deviceKey);
    return tx.query(
      `update devices d set
         firmware_version = coalesce(v.firmware, d.firmware_version),
         agent_version = coalesce(v.agent, d.agent_version)
       from unnest($1::int[], $2::text[], $3::text[]) v(device_key, firmware, agent)
       where d.device_key = v.device_key
         and (coalesce(v.firmware, d.firmware_version), coalesce(v.agent, d.agent_version))
           is distinct from (d.firmware_version, d.agent_version)
       returning d.tenant_id as "tenantId", d.id as "deviceId"`,
      [
        sorted.map((one) => one.deviceKey),
        sorted.map((one) => one.firmwareVersion),
        sorted.map((one) => one.agentVersion),
      ],
    );
  },
};
