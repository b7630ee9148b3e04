import type { DeviceState, Presence } from '@muster/contracts/devices/devices.schema';
import type { Tx } from '../transaction.js';
import { healthColumn } from './device.store.js';

/** One combination of what the overview counts; a fleet has a few hundred of them whatever its size. */
export interface FleetGroup {
  readonly state: DeviceState;
  readonly presence: Presence;
  readonly health: 'ok' | 'degraded' | 'error' | null;
  readonly model: string;
  readonly site: string | null;
  readonly firmwareVersion: string | null;
  readonly devices: number;
}

/** Counts over the whole fleet, each in one pass. */
export const fleetStore = {
  groups(tx: Tx): Promise<FleetGroup[]> {
    return tx.query<FleetGroup>(
      `select d.state, s.presence, ${healthColumn} as health, d.model, d.site,
         d.firmware_version as "firmwareVersion", count(*)::int as devices
       from devices d join device_state s on s.device_key = d.device_key
       where d.state <> 'decommissioned' group by 1, 2, 3, 4, 5, 6`,
    );
  },

  async devices(tx: Tx): Promise<number> {
    const [row] = await tx.query<{ n: number }>(
      `select count(*)::int as n from devices where state <> 'decommissioned'`,
    );
    return row!.n;
  },

  async driftedDevices(tx: Tx): Promise<number> {
    const [row] = await tx.query<{ n: number }>(
      `select count(distinct device_id)::int as n from drifts where class <> 'unmanaged'`,
    );
    return row!.n;
  },

  async certificatesEndingBefore(tx: Tx, end: Date): Promise<number> {
    const [row] = await tx.query<{ n: number }>(
      `select count(*)::int as n from (
         select max(not_after) as ends from certificates where state in ('issued', 'active') group by device_id) last
       where ends < $1`,
      [end],
    );
    return row!.n;
  },
};
