import type { DeviceState } from '@muster/contracts/devices/devices.schema';

export interface KeyRow {
  readonly keyHash: string;
  readonly model: string;
  readonly serial: string;
}

export interface KeysKnown {
  /** Registered in this tenant, by key. */
  readonly registered: ReadonlyMap<string, KeyRow & { readonly deviceId: string; readonly revoked: boolean }>;
  /** Keys that are somebody's, over all tenants: registered by another, in a certificate, or of an authority. */
  readonly taken: ReadonlySet<string>;
  /** Devices of this tenant by `deviceName`. */
  readonly devices: ReadonlyMap<
    string,
    { readonly id: string; readonly state: DeviceState; readonly awaitsKey: boolean }
  >;
}

export type KeyPlan =
  | { readonly kind: 'existing'; readonly deviceId: string }
  /** `deviceId` is null for a device that is to be registered first. */
  | { readonly kind: 'create'; readonly deviceId: string | null }
  | { readonly kind: 'failed'; readonly message: string };

export const deviceName = ({ model, serial }: { readonly model: string; readonly serial: string }): string =>
  JSON.stringify([model, serial]);

const failed = (message: string): KeyPlan => ({ kind: 'failed', message });
const OTHER = 'the key belongs to another device';

/**
 * What becomes of each row of an import of keys: one key is one device, one device has one key, and the same row again
 * changes nothing. Of rows that contradict each other the first one counts. Messages do not say whose a key is.
 */
export const planRegisteredKeys = (rows: readonly KeyRow[], known: KeysKnown): KeyPlan[] => {
  const keys = new Map<string, string>();
  const devices = new Set<string>();
  return rows.map((row) => {
    const name = deviceName(row);
    const registered = known.registered.get(row.keyHash);
    if (registered?.revoked) return failed('the key was revoked');
    if (registered)
      return deviceName(registered) === name ? { kind: 'existing', deviceId: registered.deviceId } : failed(OTHER);
    if (known.taken.has(row.keyHash) || keys.has(row.keyHash))
      return keys.get(row.keyHash) === name ? failed('stands in a row before') : failed(OTHER);
    const device = known.devices.get(name);
    if (device && device.state !== 'pre_registered') return failed(`the device is ${device.state}`);
    if (device?.awaitsKey || devices.has(name))
      return failed('the device is registered with another key; revoke that one first');
    keys.set(row.keyHash, name);
    devices.add(name);
    return { kind: 'create', deviceId: device?.id ?? null };
  });
};
