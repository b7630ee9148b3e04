import type { EnrollRequest } from '@muster/contracts/enrollment/enrollment.schema';
import { lifecycle } from '@muster/domain/devices/lifecycle.machine';
import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import type { Tx } from '@muster/persistence/database';
import { type DeviceRow, deviceStore } from '@muster/persistence/devices/device.store';
import type { TokenRow } from '@muster/persistence/enrollment/enrollment-token.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { Refusal } from '../http/refusal.js';

/**
 * The registry row an enrolment is for: created, matched with one registered before, or let in again. A device that
 * enrolled already comes back only through a token made for its serial number: otherwise whoever holds any token could
 * take over the identity of a device whose label he can read.
 */
export const admitDevice = async (
  tx: Tx,
  token: TokenRow,
  claim: EnrollRequest,
  now: Date,
): Promise<{ device: DeviceRow; isNew: boolean }> => {
  const known = await deviceStore.findBySerial(tx, claim.model, claim.serial);
  if (!known) return { device: await register(tx, token, claim, now), isNew: true };
  const device = (await deviceStore.lock(tx, known.id))!;
  if (device.state === 'pre_registered') return { device: await enrol(tx, device, now), isNew: false };
  if (device.state !== 'active' && device.state !== 'maintenance') {
    throw new Refusal('device_tombstoned', `The device is ${device.state}.`);
  }
  if (token.serial === device.serial) return { device, isNew: false };
  const live = await certificateStore.listLive(tx, device.id);
  throw live.length > 0
    ? new Refusal(
        'already_exists',
        'A device with this model and serial number is enrolled. A token made for its serial number lets it in again.',
      )
    : new Refusal(
        'device_tombstoned',
        'Its certificates are revoked. A token made for its serial number lets it in again.',
      );
};

const register = async (tx: Tx, token: TokenRow, claim: EnrollRequest, now: Date): Promise<DeviceRow> => {
  const row = {
    name: claim.name ?? claim.serial,
    serial: claim.serial,
    model: claim.model,
    hardwareRevision: claim.hardwareRevision ?? null,
    class: token.class,
    site: token.site,
    labels: token.labels,
    state: 'active' as const,
    synthetic: claim.synthetic ?? false,
  };
  const made = await deviceStore.insert(tx, row, now);
  // Another enrolment of this serial number committed between looking and inserting.
  if (!made) throw new Refusal('conflict', 'This device is being enrolled by another request.');
  return made;
};

const enrol = async (tx: Tx, device: DeviceRow, now: Date): Promise<DeviceRow> => {
  const step = lifecycle.next(device.state, 'enroll');
  if (step.kind === 'refused') throw new Refusal('device_tombstoned', `The device is ${device.state}.`);
  const change = { state: step.state, reasonCode: 'enrolled', reasonDetail: null };
  const moved = await deviceStore.setState(tx, device.id, change, now);
  const letter = { tenantId: tx.tenantId!, type: 'device.changed', key: device.id };
  await outbox.drop(tx, { ...letter, payload: { deviceId: device.id, state: step.state } });
  return moved!;
};
