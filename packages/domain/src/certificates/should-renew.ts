import { type RenewalFacts, renewalWindow } from './renewal-window.js';

/** What a device (or the registry looking at it) concludes about a certificate at `now`. */
export type RenewalNeed = 'not_yet' | 'due' | 'overdue' | 'expired';

export const shouldRenew = (facts: RenewalFacts, now: Date): RenewalNeed => {
  if (now > facts.notAfter) return 'expired';
  const window = renewalWindow(facts);
  if (now >= window.overdue) return 'overdue';
  return now >= window.start ? 'due' : 'not_yet';
};
