import { deviceName, type KeyPlan, planRegisteredKeys } from '@muster/domain/enrollment/plan-registered-keys';
import type { Tx } from '@muster/persistence/database';
import { preRegisterDevices } from '@muster/persistence/devices/pre-register-devices';
import { registeredKeyStore } from '@muster/persistence/enrollment/registered-key.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { Refusal } from '../http/refusal.js';
import type { KeyedRow } from './registered-key-row.js';

export type Registered =
  | { readonly outcome: 'created' | 'existing'; readonly deviceId: string }
  | { readonly outcome: 'failed'; readonly message: string };

/**
 * Registers devices with the keys they were made with; statements do not grow with the rows. `taken` are keys that are
 * somebody's already, over all tenants.
 * @throws Refusal conflict when another import registers the same at this moment
 */
export const registerKeys = async (
  tx: Tx,
  rows: readonly KeyedRow[],
  { taken, createdBy }: { readonly taken: ReadonlySet<string>; readonly createdBy: string },
  now: Date,
): Promise<Registered[]> => {
  const plans = planRegisteredKeys(rows, { ...(await knownOf(tx, rows)), taken });
  const wanted = rows.flatMap((row, i) => {
    const plan = plans[i]!;
    return plan.kind === 'create' ? [{ i, row, deviceId: plan.deviceId }] : [];
  });
  const fresh = wanted.filter(({ deviceId }) => deviceId === null);
  const made = await preRegisterDevices(
    tx,
    fresh.map(({ row }) => deviceOf(row)),
    now,
  );
  const ids = new Map(fresh.map(({ i }, at) => [i, made[at] ?? null]));
  const keys = wanted.map(({ i, row, deviceId }) => ({ deviceId: deviceId ?? ids.get(i)!, keyHash: row.keyHash }));
  if (made.includes(null) || (await registeredKeyStore.insertAll(tx, keys, createdBy, now)) !== keys.length)
    throw new Refusal('conflict', 'Others register these devices or keys now. Send the rows again.');
  const tenantId = tx.tenantId!;
  const letters = [...ids.values()].map((deviceId) => ({ deviceId: deviceId! }));
  await outbox.dropAll(
    tx,
    letters.map((payload) => ({ tenantId, type: 'device.changed', key: payload.deviceId, payload })),
  );
  return plans.map((plan, i) => outcomeOf(plan, ids.get(i) ?? null));
};

const knownOf = async (tx: Tx, rows: readonly KeyedRow[]) => {
  const hashes = rows.map(({ keyHash }) => keyHash);
  const registered = await registeredKeyStore.listByKeys(tx, hashes);
  const devices = await registeredKeyStore.listDevices(tx, rows);
  return {
    registered: new Map(registered.map((key) => [key.keyHash, { ...key, revoked: key.revokedAt !== null }])),
    devices: new Map(devices.map((device) => [deviceName(device), device])),
  };
};

const deviceOf = (row: KeyedRow) => {
  const { name, serial, model, hardwareRevision = null, class: deviceClass, site = null, labels } = row;
  return { name: name ?? serial, serial, model, hardwareRevision, class: deviceClass, site, labels };
};

const outcomeOf = (plan: KeyPlan, madeId: string | null): Registered => {
  if (plan.kind === 'failed') return { outcome: 'failed', message: plan.message };
  if (plan.kind === 'existing') return { outcome: 'existing', deviceId: plan.deviceId };
  return { outcome: 'created', deviceId: plan.deviceId ?? madeId! };
};
