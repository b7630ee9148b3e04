import type { DeviceState } from '@muster/contracts/devices/devices.schema';
import { done, type Result, refused } from '../result.js';

export interface AdmissionFacts {
  /** Null when no device of this model and serial number is registered. */
  readonly state: DeviceState | null;
  /** Certificates that could still open a session. */
  readonly live: number;
  /** Whether a certificate was taken from it, and not merely replaced, since it was last given one. */
  readonly revoked: boolean;
  /** A person's permission to come back once. */
  readonly readmitted: boolean;
  /** Whether the credential speaks for this very serial number, and not for any. */
  readonly bound: boolean;
  /** Whether the device was registered with another key than it brings. */
  readonly keyDiffers: boolean;
}

/** `register` makes the record; `enroll` and `readmit` move it; `return` finds it enrolled. */
export type Admission = 'register' | 'enroll' | 'return' | 'readmit';
type AdmissionCode = 'device_tombstoned' | 'already_exists' | 'identity_mismatch';

/**
 * Which record an enrolment is for, whatever credential let it this far. Who is out (quarantined, decommissioned, its
 * certificates revoked) comes back by a permission alone, which is spent by it. Who is enrolled comes back only by a
 * credential for its serial number: otherwise whoever holds any could take over a device whose label he can read.
 */
export const judgeAdmission = (facts: AdmissionFacts): Result<Admission, AdmissionCode> => {
  const { state } = facts;
  if (state === null) return done('register');
  if (state === 'pre_registered' || state === 'pending_approval') {
    return facts.keyDiffers && !facts.bound
      ? refused('identity_mismatch', 'The device is registered with another key.')
      : done('enroll');
  }
  const enrolled = state === 'active' || state === 'maintenance';
  if (!enrolled || (facts.live === 0 && facts.revoked)) {
    if (facts.readmitted && state !== 'decommissioning') return done(enrolled ? 'return' : 'readmit');
    const why = enrolled ? 'Its certificates are revoked.' : `The device is ${state}.`;
    return refused('device_tombstoned', `${why} A person can let it enrol once more.`);
  }
  if (facts.bound || facts.readmitted) return done('return');
  return refused(
    'already_exists',
    'A device with this model and serial number is enrolled. A token made for its serial number lets it in again.',
  );
};
