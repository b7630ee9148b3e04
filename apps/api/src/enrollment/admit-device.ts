import type { EnrollRequest } from '@muster/contracts/enrollment/enrollment.schema';
import { lifecycle } from '@muster/domain/devices/lifecycle.machine';
import { type Admission, type AdmissionFacts, judgeAdmission } from '@muster/domain/enrollment/judge-admission';
import { type CertificateRow, certificateStore } from '@muster/persistence/certificates/certificate.store';
import { revokeAllOf } from '@muster/persistence/certificates/revoke-certificates';
import type { Tx } from '@muster/persistence/database';
import { type DeviceRow, deviceStore } from '@muster/persistence/devices/device.store';
import { readmissionStore } from '@muster/persistence/enrollment/readmission.store';
import { registeredKeyStore } from '@muster/persistence/enrollment/registered-key.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { Refusal } from '../http/refusal.js';
import type { Place } from './ways/way.js';

export interface Applicant {
  readonly claim: EnrollRequest;
  readonly keyHash: string;
  /** What a device that is new gets. */
  readonly place: Place;
  /** Whether the credential, or a person who is asked, speaks for this very serial number. */
  readonly bound: boolean;
}

/** The registry row an enrolment is for, locked, and what is to become of it. */
export interface Admitted {
  readonly device: DeviceRow | null;
  readonly step: Admission;
}

/** @throws Refusal device_tombstoned, already_exists, identity_mismatch */
export const findPlace = async (tx: Tx, applicant: Applicant): Promise<Admitted> => {
  const { claim } = applicant;
  const known = await deviceStore.findBySerial(tx, claim.model, claim.serial);
  const device = known && (await deviceStore.lock(tx, known.id));
  const verdict = judgeAdmission(await factsOf(tx, device, applicant));
  if (!verdict.ok) throw new Refusal(verdict.code, verdict.detail);
  return { device, step: verdict.value };
};

/**
 * Makes the record, moves it, or leaves it as it is. `maxDevices` is null for no limit; the caller then need not hold the
 * lock on the settings.
 */
export const admitDevice = async (
  tx: Tx,
  { device, step }: Admitted,
  applicant: Applicant,
  maxDevices: number | null,
  now: Date,
): Promise<DeviceRow> => {
  if (step !== 'return') await refuseBeyond(tx, maxDevices);
  if (device === null || step === 'register') return register(tx, applicant, now);
  // One permission, one return: whatever let the device in, it is gone with this transaction.
  await readmissionStore.spend(tx, device.id);
  if (step === 'return') return device;
  // What waited on hold is not released by a later return to service: the device has a new key.
  if (step === 'readmit')
    await revokeAllOf(tx, device.id, { ...replaced, actor: { type: 'device', id: device.id } }, now);
  return move(tx, device, step, now);
};

const factsOf = async (tx: Tx, device: DeviceRow | null, { keyHash, bound }: Applicant): Promise<AdmissionFacts> => {
  if (!device) return { state: null, live: 0, revoked: false, readmitted: false, bound, keyDiffers: false };
  const live = await certificateStore.listLive(tx, device.id);
  const awaited = await registeredKeyStore.awaited(tx, device.id);
  return {
    state: device.state,
    live: live.length,
    revoked: await certificateStore.isBarred(tx, device.id),
    readmitted: await readmissionStore.has(tx, device.id),
    bound,
    keyDiffers: awaited !== null && awaited !== keyHash,
  };
};

export const isTakenAway = ({ state, reasonCode }: CertificateRow): boolean =>
  state === 'revoked' && reasonCode !== 'superseded';

const replaced = { reason: 'superseded', comment: 'The device was let in again with a new key.' };

const refuseBeyond = async (tx: Tx, maxDevices: number | null): Promise<void> => {
  if (maxDevices === null || (await deviceStore.countEnrolled(tx)) < maxDevices) return;
  throw new Refusal('quota_exceeded', 'The tenant has as many devices as it may.');
};

const register = async (tx: Tx, { claim, place }: Applicant, now: Date): Promise<DeviceRow> => {
  const row = {
    name: claim.name ?? claim.serial,
    serial: claim.serial,
    model: claim.model,
    hardwareRevision: claim.hardwareRevision ?? null,
    class: place.class,
    site: place.site,
    labels: place.labels,
    state: 'active' as const,
    synthetic: claim.synthetic ?? false,
  };
  const made = await deviceStore.insert(tx, row, now);
  // Another enrolment of this serial number committed between looking and inserting.
  if (!made) throw new Refusal('conflict', 'This device is being enrolled by another request.');
  return made;
};

const move = async (tx: Tx, device: DeviceRow, event: 'enroll' | 'readmit', now: Date): Promise<DeviceRow> => {
  const step = lifecycle.next(device.state, event);
  if (step.kind === 'refused') throw new Refusal('device_tombstoned', `The device is ${device.state}.`);
  const reasonCode = event === 'enroll' ? 'enrolled' : 'readmitted';
  const moved = await deviceStore.setState(tx, device.id, { state: step.state, reasonCode, reasonDetail: null }, now);
  const letter = { tenantId: tx.tenantId!, type: 'device.changed', key: device.id };
  await outbox.drop(tx, { ...letter, payload: { deviceId: device.id, state: step.state } });
  return moved!;
};
