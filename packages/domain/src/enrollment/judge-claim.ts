import { done, type Result, refused } from '../result.js';

export interface ClaimFacts {
  readonly quota: number;
  readonly enrolled: number;
  /** Null for no limit by the hour. */
  readonly hourlyQuota: number | null;
  readonly enrolledLastHour: number;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
  readonly model: string | null;
  /** What becomes of serial numbers that are not listed. */
  readonly unlisted: 'queue' | 'refuse';
}

type ClaimCode =
  | 'certificate_unknown'
  | 'certificate_expired'
  | 'identity_mismatch'
  | 'claim_refused'
  | 'quota_exceeded';

/** Whether a claim certificate whose key was proven lets this device in, or a person is asked. */
export const judgeClaim = (
  batch: ClaimFacts,
  device: { readonly model: string; readonly listed: boolean },
  now: Date,
): Result<'admit' | 'ask', ClaimCode> => {
  // Revoked looks like unknown: who holds it need not learn more.
  if (batch.revokedAt) return refused('certificate_unknown', 'Not accepted.');
  if (now >= batch.expiresAt) return refused('certificate_expired', 'The claim certificate has ended.');
  if (batch.model !== null && batch.model !== device.model)
    return refused('identity_mismatch', 'The batch is for another hardware model.');
  if (!device.listed && batch.unlisted === 'refuse')
    return refused('claim_refused', 'The batch does not list this serial number.');
  if (batch.enrolled >= batch.quota) return refused('quota_exceeded', 'The batch has let in as many as it may.');
  if (batch.hourlyQuota !== null && batch.enrolledLastHour >= batch.hourlyQuota)
    return refused('quota_exceeded', 'The batch has let in as many as it may within an hour.');
  return done(device.listed ? 'admit' : 'ask');
};
