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
  readonly firmwareVersion: string | null;
  readonly agentVersion: string | null;
}

/** What devices say of themselves all the time. Needs a system transaction; presence is judged elsewhere, from this. */
export const heartbeatStore = {
  /** Writes `sightings`, one a device. A Will is not a sighting: it leaves `last_seen_at` alone. */
  async record(tx: Tx, sightings: readonly Sighting[]): Promise<void> {
    const sorted = sightings.toSorted((a, b) => a.deviceKey - b.deviceKey);
    await tx.prepared(
      'muster_record_heartbeats',
      `update device_state s set
         last_seen_at = case when h.alive then greatest(s.last_seen_at, h.at) else s.last_seen_at end,
         connected = h.connected,
         session_since = coalesce(h.opened_at, s.session_since),
         health = coalesce(h.health::jsonb, s.health),
         last_seq = coalesce(h.last_seq, s.last_seq)
       from unnest($1::int[], $2::timestamptz[], $3::bool[], $4::bool[], $5::timestamptz[], $6::text[], $7::bigint[])
         h(device_key, at, connected, alive, opened_at, health, last_seq)
       where s.device_key = h.device_key`,
      [
        sorted.map((one) => one.deviceKey),
        sorted.map((one) => one.at),
        sorted.map((one) => one.connected),
        sorted.map((one) => one.lastSeq !== null),
        sorted.map((one) => one.openedAt),
        sorted.map((one) => (one.health === null ? null : JSON.stringify(one.health))),
        sorted.map((one) => one.lastSeq),
      ],
    );
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
