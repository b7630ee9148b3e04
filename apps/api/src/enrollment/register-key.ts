import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import type { Tx } from '@muster/persistence/database';
import { type DeviceRow, deviceStore } from '@muster/persistence/devices/device.store';
import { registeredKeyStore } from '@muster/persistence/enrollment/registered-key.store';
import { Refusal } from '../http/refusal.js';
import type { KeyedRow } from './registered-key-row.js';

export type Registered =
  | { readonly outcome: 'created' | 'existing'; readonly deviceId: string; readonly fresh: boolean }
  | { readonly outcome: 'failed'; readonly message: string };

const failed = (message: string): Registered => ({ outcome: 'failed', message });

/**
 * Registers one device with the key it was made with; the same row again finds it as it is. `taken` are keys that are
 * somebody's already, over all tenants; the answer does not say whose.
 */
export const registerKey = async (
  tx: Tx,
  row: KeyedRow,
  { taken, createdBy }: { readonly taken: ReadonlySet<string>; readonly createdBy: string },
  now: Date,
): Promise<Registered> => {
  const { keyHash, model, serial } = row;
  const known = await registeredKeyStore.findByKey(tx, keyHash);
  if (known?.revokedAt) return failed('the key was revoked');
  if (known?.model === model && known.serial === serial)
    return { outcome: 'existing', deviceId: known.deviceId, fresh: false };
  if (known || taken.has(keyHash) || (await certificateStore.findByKey(tx, keyHash)))
    return failed('the key belongs to another device');
  const device = await deviceStore.findBySerial(tx, model, serial);
  if (device && device.state !== 'pre_registered') return failed(`the device is ${device.state}`);
  if (device && (await registeredKeyStore.awaited(tx, device.id)) !== null)
    return failed('the device is registered with another key; revoke that one first');
  const made = device ?? (await insert(tx, row, now));
  if (!(await registeredKeyStore.insert(tx, { deviceId: made.id, keyHash, createdBy }, now)))
    throw new Refusal('conflict', 'Others register keys of these rows now. Send the rows again.');
  return { outcome: 'created', deviceId: made.id, fresh: device === null };
};

const insert = async (tx: Tx, row: KeyedRow, now: Date): Promise<DeviceRow> => {
  const { name, serial, model, hardwareRevision = null, class: deviceClass, site = null, labels } = row;
  const facts = { serial, model, hardwareRevision, class: deviceClass, site, labels, state: 'pre_registered' as const };
  const made = await deviceStore.insert(tx, { ...facts, name: name ?? serial }, now);
  if (!made) throw new Refusal('conflict', 'Others register devices of these rows now. Send the rows again.');
  return made;
};
