import type { Tx } from '../transaction.js';

export interface DeviceClass {
  readonly name: string;
  /** Seconds between two heartbeats. */
  readonly heartbeatS: number;
  /** How many may be missed before a device counts as offline. */
  readonly missedHeartbeats: number;
}

const columns = 'name, heartbeat_s as "heartbeatS", missed_heartbeats as "missedHeartbeats"';

export const deviceClassStore = {
  list(tx: Tx): Promise<DeviceClass[]> {
    return tx.query<DeviceClass>(`select ${columns} from device_classes order by name`);
  },

  /** The class, locked until the transaction ends. */
  async lock(tx: Tx, name: string): Promise<DeviceClass | null> {
    const [row] = await tx.query<DeviceClass>(`select ${columns} from device_classes where name = $1 for update`, [
      name,
    ]);
    return row ?? null;
  },

  /** Creates the class, or gives it these numbers. */
  async keep(tx: Tx, { name, heartbeatS, missedHeartbeats }: DeviceClass): Promise<void> {
    await tx.execute(
      `insert into device_classes (tenant_id, name, heartbeat_s, missed_heartbeats) values ($1, $2, $3, $4)
       on conflict (tenant_id, name) do update set heartbeat_s = excluded.heartbeat_s, missed_heartbeats = excluded.missed_heartbeats`,
      [tx.tenantId, name, heartbeatS, missedHeartbeats],
    );
  },
};
