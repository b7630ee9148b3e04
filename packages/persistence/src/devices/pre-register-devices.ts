import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../transaction.js';
import type { NewDeviceRow } from './device.store.js';

export type NewPreRegistered = Omit<NewDeviceRow, 'id' | 'state' | 'synthetic'>;

/**
 * As `deviceStore.insert` for many devices that never enrolled, in three statements however many they are. Returns their
 * ids in the same order; null where the tenant has a device of this model and serial number.
 */
export const preRegisterDevices = async (
  tx: Tx,
  devices: readonly NewPreRegistered[],
  now: Date,
): Promise<(string | null)[]> => {
  if (devices.length === 0) return [];
  const distinct = (values: readonly (string | null)[]) =>
    [...new Set(values.filter((value) => value !== null))].sort();
  for (const [table, names] of [
    ['device_classes', distinct(devices.map((device) => device.class))],
    ['sites', distinct(devices.map(({ site }) => site))],
  ] as const)
    await tx.execute(`insert into ${table} (tenant_id, name) select $1, unnest($2::text[]) on conflict do nothing`, [
      tx.tenantId,
      names,
    ]);
  const ids = devices.map(() => uuidv7());
  const made = await tx.query<{ id: string }>(
    `with d as (
       insert into devices (tenant_id, id, name, serial, model, hardware_revision, class, site, labels, state, since,
         created_at, updated_at)
       select $1, r.*, 'pre_registered', $2, $2, $2 from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
         $8::text[], $9::text[], $10::jsonb[]) r
       on conflict on constraint devices_serial_unique do nothing returning *),
     known as (
       insert into device_state (device_key, tenant_id, device_id, presence_since)
       select device_key, tenant_id, id, $2 from d),
     twin as (insert into twins (tenant_id, device_id) select tenant_id, id from d)
     select id from d`,
    [
      tx.tenantId,
      now,
      ids,
      devices.map(({ name }) => name),
      devices.map(({ serial }) => serial),
      devices.map(({ model }) => model),
      devices.map(({ hardwareRevision }) => hardwareRevision),
      devices.map((device) => device.class),
      devices.map(({ site }) => site),
      devices.map(({ labels }) => JSON.stringify(labels)),
    ],
  );
  const inserted = new Set(made.map(({ id }) => id));
  return ids.map((id) => (inserted.has(id) ? id : null));
};
