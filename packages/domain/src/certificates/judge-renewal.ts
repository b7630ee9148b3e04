import type { CertificateState } from '@muster/contracts/certificates/certificates.schema';
import type { DeviceState } from '@muster/contracts/devices/devices.schema';
import { done, type Result, refused } from '../result.js';
import { overlapMs } from './authorise-connect.js';
import { type RenewalFacts, renewalWindow } from './renewal-window.js';

export interface PresentedCertificate extends RenewalFacts {
  readonly state: CertificateState;
  /** When it came into that state. */
  readonly since: Date;
  readonly keyHash: string;
}

/** A certificate issued to the device after the presented one and never used yet. */
export interface UnusedSuccessor {
  readonly keyHash: string;
  readonly createdAt: Date;
}

/** A certificate of the device that came after the presented one and has been used: the device has moved on to it. */
export interface UsedSuccessor {
  readonly serial: string;
  readonly state: CertificateState;
  readonly notAfter: Date;
}

export interface RenewalRequest {
  readonly deviceState: DeviceState;
  readonly presented: PresentedCertificate;
  readonly successor: UnusedSuccessor | null;
  readonly replacedBy: UsedSuccessor | null;
  /** SHA-256 of the key in the request. */
  readonly keyHash: string;
  /** How long after its end a genuine certificate may still be renewed, once. */
  readonly graceMs: number;
}

/**
 * `repeat` answers with the successor issued before; `issue` makes a new one, replacing an unused successor; `ask` means
 * that the certificate ended too long ago and a person decides.
 */
export type RenewalDecision =
  | { readonly kind: 'repeat' }
  | { readonly kind: 'issue'; readonly late: boolean; readonly replaces: boolean }
  | { readonly kind: 'ask'; readonly replaces: boolean };

/** An unused successor younger than this belongs to a parallel renewal. */
export const settleMs = 60_000;

type RenewalCode =
  | 'device_tombstoned'
  | 'certificate_revoked'
  | 'certificate_unknown'
  | 'renewal_too_early'
  | 'key_reused'
  | 'conflict';

/**
 * Whether a device may have its next certificate. Refusals in order: the device is out, the certificate is, the device has
 * moved on to a newer one, it is not valid yet, the key is not new, too early, another renewal is under way. `expired` is
 * judged by time alone, because the sweep that writes the state runs behind.
 */
export const judgeRenewal = (request: RenewalRequest, now: Date): Result<RenewalDecision, RenewalCode> => {
  const { presented, successor, replacedBy, graceMs } = request;
  if (request.deviceState !== 'active' && request.deviceState !== 'maintenance') {
    return refused('device_tombstoned', `The device is ${request.deviceState}.`);
  }
  const renewable = presented.state === 'issued' || presented.state === 'active' || presented.state === 'expired';
  if (!renewable && presented.state !== 'superseded') {
    return refused('certificate_revoked', `The certificate is ${presented.state}.`);
  }
  if (replacedBy || presented.state === 'superseded') return movedOn(presented, replacedBy, now);
  // Also on the way past the end: a certificate of the future is not ours whatever else holds.
  if (now < presented.notBefore) return refused('certificate_unknown', 'The certificate is not valid yet.');
  if (successor?.keyHash === request.keyHash) return done({ kind: 'repeat' });
  if (presented.keyHash === request.keyHash) return refused('key_reused', 'A renewal brings a new key.');
  const { opens, start } = renewalWindow(presented);
  if (now < opens) {
    return refused('renewal_too_early', `The window opens at ${opens.toISOString()}.`, {
      renewFrom: start.toISOString(),
    });
  }
  if (successor && now.getTime() - successor.createdAt.getTime() < settleMs) {
    return refused('conflict', 'Another renewal of this device has just been answered.');
  }
  const replaces = successor !== null;
  if (now.getTime() > presented.notAfter.getTime() + graceMs) return done({ kind: 'ask', replaces });
  return done({ kind: 'issue', late: now > presented.notAfter, replaces });
};

/** In the overlap the device still holds both and is told which one counts; afterwards the old one is out. */
const movedOn = (
  presented: PresentedCertificate,
  newer: UsedSuccessor | null,
  now: Date,
): Result<RenewalDecision, RenewalCode> => {
  const inOverlap = presented.state === 'superseded' && now.getTime() - presented.since.getTime() <= overlapMs;
  const alive = newer?.state === 'active' || newer?.state === 'superseded';
  if (!inOverlap || !alive) return refused('certificate_revoked', 'A newer certificate took its place.');
  return refused('conflict', 'The device has used a newer certificate; renew with that one.', {
    newerSerial: newer.serial,
    newerState: newer.state,
    newerNotAfter: newer.notAfter.toISOString(),
  });
};
