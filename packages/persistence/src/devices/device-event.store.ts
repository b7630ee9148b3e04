import type { DeviceEvent } from '@muster/contracts/devices/devices.schema';
import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../transaction.js';

export interface NewDeviceEvent {
  readonly deviceId: string;
  readonly kind: DeviceEvent['kind'];
  /** One sentence a person understands without the facts. */
  readonly summary: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

export interface DeviceEventRow {
  readonly id: string;
  readonly at: Date;
  readonly kind: DeviceEvent['kind'];
  readonly summary: string;
  readonly facts: Record<string, unknown>;
}

/** A device's timeline. */
export const deviceEventStore = {
  /** Writes what happened at `at`, in this order. `tenantId` is needed in a system transaction only. */
  async append(
    tx: Tx,
    events: readonly NewDeviceEvent[],
    at: Date,
    tenantId: string | null = tx.tenantId,
  ): Promise<void> {
    if (events.length === 0) return;
    await tx.execute(
      `insert into device_events (tenant_id, device_id, id, at, kind, summary, facts)
       select $1, e.device_id, e.id, $2, e.kind, e.summary, e.facts
       from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::jsonb[]) e (device_id, id, kind, summary, facts)`,
      [
        tenantId,
        at,
        events.map(({ deviceId }) => deviceId),
        events.map(() => uuidv7()),
        events.map(({ kind }) => kind),
        events.map(({ summary }) => summary),
        events.map(({ facts }) => JSON.stringify(facts ?? {})),
      ],
    );
  },

  /** Newest first, before the event `beforeId`. */
  list(tx: Tx, deviceId: string, beforeId: string | null, limit: number): Promise<DeviceEventRow[]> {
    return deviceEventStore.listOfAll(tx, [deviceId], beforeId, limit);
  },

  /** As `list`, of several devices as one. */
  listOfAll(
    tx: Tx,
    deviceIds: readonly string[],
    beforeId: string | null,
    limit: number,
  ): Promise<(DeviceEventRow & { readonly deviceId: string })[]> {
    return tx.query(
      `select e.device_id as "deviceId", e.id, e.at, e.kind, e.summary, e.facts from unnest($1::uuid[]) d(id)
       cross join lateral (
         select * from device_events where device_id = d.id and ($2::uuid is null or id < $2) order by id desc limit $3) e
       order by e.id desc limit $3`,
      [deviceIds, beforeId, limit],
    );
  },
};
