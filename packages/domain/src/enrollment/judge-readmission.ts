import type { DeviceState } from '@muster/contracts/devices/devices.schema';
import { done, type Result, refused } from '../result.js';

/** Whether a device is out, so that a permission to come back once means something. */
export const judgeReadmission = (device: {
  readonly state: DeviceState;
  /** Certificates that could still open a session. */
  readonly live: number;
  /** Whether a certificate was taken from it since it was last given one. */
  readonly revoked: boolean;
}): Result<void, 'transition_refused'> => {
  const { state, live, revoked } = device;
  if (state === 'quarantined' || state === 'decommissioned') return done(undefined);
  if (state === 'decommissioning')
    return refused('transition_refused', 'Its sessions are still being ended. Try again in a moment.');
  if ((state === 'active' || state === 'maintenance') && live === 0 && revoked) return done(undefined);
  return refused('transition_refused', 'The device is not out; it needs no permission to come back.');
};
