import type { InstallTimes, PresencePattern } from '@muster/domain/campaigns/virtual-fleet';
import type { Tx } from '../transaction.js';

const DAY_MS = 86_400_000;
/** How far back a device's coming and going is looked at. */
const PRESENCE_DAYS = 14;
const INSTALL_DAYS = 90;
/** Fewer updates than this say nothing about how long one takes. */
const LEAST_UPDATES = 20;
/** What is assumed of a fleet that has never been updated. */
const UNKNOWN: InstallTimes = { p50S: 180, p90S: 600 };

/** What a rehearsal goes by. Read only. */
export const rehearsalHistoryStore = {
  /**
   * How each device came and went, by its own timeline. A device without a change in that time has no pattern unless it
   * was away throughout: that is a pattern too.
   */
  async presence(tx: Tx, deviceIds: readonly string[], now: Date): Promise<ReadonlyMap<string, PresencePattern>> {
    const since = new Date(now.getTime() - PRESENCE_DAYS * DAY_MS);
    const rows = await tx.query<{ deviceId: string; there: number; away: number; absences: number }>(
      `with changes as (
         select v.device_id, v.kind, v.at, lead(v.at, 1, $4) over (partition by v.device_id order by v.at, v.id) as until
         from device_events v
         where v.tenant_id = $1 and v.device_id = any($2::uuid[]) and v.kind in ('online', 'offline') and v.at >= $3)
       select device_id as "deviceId",
         coalesce(sum(extract(epoch from until - at)) filter (where kind = 'online'), 0)::float8 as there,
         coalesce(sum(extract(epoch from until - at)) filter (where kind = 'offline'), 0)::float8 as away,
         (count(*) filter (where kind = 'offline'))::int as absences
       from changes group by device_id`,
      [tx.tenantId, deviceIds, since, now],
    );
    const patterns = new Map<string, PresencePattern>();
    for (const { deviceId, there, away, absences } of rows)
      if (there + away > 0)
        patterns.set(deviceId, { share: there / (there + away), absenceS: absences === 0 ? 0 : away / absences });
    const gone = await tx.query<{ deviceId: string }>(
      `select device_id as "deviceId" from device_state
       where tenant_id = $1 and device_id = any($2::uuid[]) and presence = 'offline' and presence_since < $3`,
      [tx.tenantId, deviceIds, since],
    );
    for (const { deviceId } of gone)
      if (!patterns.has(deviceId)) patterns.set(deviceId, { share: 0.02, absenceS: PRESENCE_DAYS * 86_400 });
    return patterns;
  },

  /** From a device's yes to its confirmed boot, over the tenant's recent updates. */
  async installTimes(tx: Tx, now: Date): Promise<InstallTimes> {
    const [row] = await tx.query<{ n: number; p50: number | null; p90: number | null }>(
      `select count(*)::int as n,
         percentile_cont(0.5) within group (order by extract(epoch from booted_at - accepted_at))::float8 as p50,
         percentile_cont(0.9) within group (order by extract(epoch from booted_at - accepted_at))::float8 as p90
       from executions where tenant_id = $1 and booted_at > accepted_at and offered_at > $2`,
      [tx.tenantId, new Date(now.getTime() - INSTALL_DAYS * DAY_MS)],
    );
    if (row === undefined || row.n < LEAST_UPDATES) return UNKNOWN;
    return { p50S: Math.max(row.p50 ?? 0, 1), p90S: Math.max(row.p90 ?? 0, 1) };
  },

  /** Time zones of the tenant's sites by name. */
  async zones(tx: Tx): Promise<ReadonlyMap<string, string>> {
    const rows = await tx.query<{ name: string; timezone: string }>(
      'select name, timezone from sites where tenant_id = $1',
      [tx.tenantId],
    );
    return new Map(rows.map((row) => [row.name, row.timezone]));
  },
};
