import type { Tx } from '../transaction.js';

export interface DeviceClass {
  readonly name: string;
  /** Seconds between two heartbeats. */
  readonly heartbeatS: number;
  /** How many may be missed before a device counts as offline. */
  readonly missedHeartbeats: number;
}

export const deviceClassStore = {
  /** Creates the class, or gives it these numbers. */
  async keep(tx: Tx, { name, heartbeatS, missedHeartbeats }: DeviceClass): Promise<void> {
    await tx.execute(
      `insert into device_classes (tenant_id, name, heartbeat_s, missed_heartbeats) values ($1, $2, $3, $4)
       on conflict (tenant_id, name) do update set heartbeat_s = excluded.heartbeat_s, missed_heartbeats = excluded.missed_heartbeats`,
      [tx.tenantId, name, heartbeatS, missedHeartbeats],
    );
  },
};
