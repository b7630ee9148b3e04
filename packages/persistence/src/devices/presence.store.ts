import type { Presence } from '@muster/contracts/devices/devices.schema';
import { judgePresence } from '@muster/domain/devices/judge-presence';
import type { Tx } from '../transaction.js';

export interface PresenceChange {
  readonly tenantId: string;
  readonly deviceId: string;
  readonly name: string;
  readonly from: Presence;
  readonly to: Presence;
  readonly lastSeenAt: Date;
  /** When its connection began, as far as known. */
  readonly sessionSince: Date | null;
}

interface Candidate extends Omit<PresenceChange, 'to'> {
  readonly deviceKey: number;
  readonly connected: boolean;
  readonly heartbeatS: number;
  readonly missedHeartbeats: number;
}

/** Who is there. Needs a system transaction: one sweep serves every tenant. */
export const presenceStore = {
  /**
   * Judges devices whose stored presence may be wrong by now, at most `limit`, and stores the verdicts. Rows that a
   * heartbeat is being written to are left to the next sweep. `deviceIds` narrows it to some devices.
   */
  async sweep(tx: Tx, now: Date, limit: number, deviceIds: readonly string[] | null = null): Promise<PresenceChange[]> {
    const candidates = await tx.query<Candidate>(
      `select s.device_key as "deviceKey", s.tenant_id as "tenantId", s.device_id as "deviceId", d.name,
         s.presence as "from", s.connected, s.last_seen_at as "lastSeenAt", s.session_since as "sessionSince",
         c.heartbeat_s as "heartbeatS", c.missed_heartbeats as "missedHeartbeats"
       from device_state s
       join devices d on d.device_key = s.device_key
       join device_classes c on c.tenant_id = d.tenant_id and c.name = d.class
       where s.last_seen_at is not null and ($3::uuid[] is null or s.device_id = any($3))
         and case when s.presence = 'online' then not s.connected or s.last_seen_at < $1::timestamptz - c.heartbeat_s * interval '1 second'
                  when s.presence = 'late' then true
                  else s.connected and s.last_seen_at > $1::timestamptz - c.heartbeat_s * (c.missed_heartbeats + 1) * interval '1 second' end
       limit $2 for update of s skip locked`,
      [now, limit, deviceIds],
    );
    const changes = candidates
      .map((candidate) => ({ ...candidate, to: judgePresence(candidate, now) }))
      .filter(({ from, to }) => from !== to);
    if (changes.length > 0)
      await tx.execute(
        `update device_state s set presence = p.presence, presence_since = $1
         from unnest($2::int[], $3::text[]) p (device_key, presence) where s.device_key = p.device_key`,
        [now, changes.map(({ deviceKey }) => deviceKey), changes.map(({ to }) => to)],
      );
    return changes;
  },
};
