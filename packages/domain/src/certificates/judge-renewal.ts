import type { CertificateState } from '@muster/contracts/certificates/certificates.schema';
import type { DeviceState } from '@muster/contracts/devices/devices.schema';
import { done, type Result, refused } from '../result.js';
import { type RenewalFacts, renewalWindow } from './renewal-window.js';

export interface PresentedCertificate extends RenewalFacts {
  readonly state: CertificateState;
  readonly keyHash: string;
}

/** A certificate issued to the device after the presented one and never used yet. */
export interface UnusedSuccessor {
  readonly keyHash: string;
  readonly createdAt: Date;
}

export interface RenewalRequest {
  readonly deviceState: DeviceState;
  readonly presented: PresentedCertificate;
  readonly successor: UnusedSuccessor | null;
  /** SHA-256 of the key in the request. */
  readonly keyHash: string;
}

/** `repeat` answers with the successor issued before; `issue` makes a new one, replacing an unused successor. */
export type RenewalDecision =
  | { readonly kind: 'repeat' }
  | { readonly kind: 'issue'; readonly late: boolean; readonly replaces: boolean };

const day = 86_400_000;
export const renewalLimits = {
  /** How long after its end a genuine certificate may still be renewed, once. */
  graceMs: 30 * day,
  /** An unused successor younger than this belongs to a parallel renewal. */
  settleMs: 60_000,
} as const;

type RenewalCode =
  | 'device_tombstoned'
  | 'certificate_revoked'
  | 'certificate_expired'
  | 'certificate_unknown'
  | 'renewal_too_early'
  | 'key_reused'
  | 'conflict';

/**
 * Whether a device may have its next certificate. Refusals in order: the device is out, the certificate is, it is not
 * valid yet or too long expired, too early, the key is not new, another renewal is under way.
 */
export const judgeRenewal = (request: RenewalRequest, now: Date): Result<RenewalDecision, RenewalCode> => {
  const { presented, successor } = request;
  if (request.deviceState !== 'active' && request.deviceState !== 'maintenance') {
    return refused('device_tombstoned', `The device is ${request.deviceState}.`);
  }
  // A superseded certificate has a used successor; `expired` is judged by time below.
  if (presented.state !== 'issued' && presented.state !== 'active' && presented.state !== 'expired') {
    return refused('certificate_revoked', `The certificate is ${presented.state}.`);
  }
  if (now < presented.notBefore) return refused('certificate_unknown', 'The certificate is not valid yet.');
  if (now.getTime() > presented.notAfter.getTime() + renewalLimits.graceMs) {
    return refused('certificate_expired', 'The certificate expired too long ago; an operator has to let it in again.');
  }
  if (successor?.keyHash === request.keyHash) return done({ kind: 'repeat' });
  if (presented.keyHash === request.keyHash) return refused('key_reused', 'A renewal brings a new key.');
  const { opens, start } = renewalWindow(presented);
  if (now < opens) {
    return refused('renewal_too_early', `The window opens at ${opens.toISOString()}.`, {
      renewFrom: start.toISOString(),
    });
  }
  if (successor && now.getTime() - successor.createdAt.getTime() < renewalLimits.settleMs) {
    return refused('conflict', 'Another renewal of this device has just been answered.');
  }
  return done({ kind: 'issue', late: now > presented.notAfter, replaces: successor !== null });
};
