import type { CommandState } from '@muster/contracts/commands/commands.schema';

export interface AttemptFacts {
  readonly state: CommandState;
  readonly since: Date;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** The last time it was published. */
  readonly sentAt: Date | null;
  readonly acknowledgedAt: Date | null;
  readonly timeoutS: number;
  readonly connected: boolean;
  /** The tenant's kill switch is engaged: nothing is sent, neither first nor again. */
  readonly killed?: boolean;
  /** When the device's present connection began; what was sent before it may be lost. */
  readonly sessionSince: Date | null;
}

/** What the server owes a command now; `until` says when to ask again if nothing happens before. */
export type Attempt =
  | { readonly kind: 'send' }
  | { readonly kind: 'expire' }
  | { readonly kind: 'time_out'; readonly code: 'not_acknowledged' | 'no_result' | 'cancel_unanswered' }
  | { readonly kind: 'wait'; readonly until: Date }
  | { readonly kind: 'rest' };

const RETRY_FLOOR_S = 15;
const RETRY_CEILING_S = 300;
/** A device may acknowledge at the last moment; its word needs this long to arrive. */
const GRACE_S = 30;

const after = (at: Date, seconds: number): Date => new Date(at.getTime() + seconds * 1000);
const earlier = (a: Date, b: Date): Date => (a < b ? a : b);

/** The pause before the next sending grows with the age of the command at its last one: doubling, without counting. */
const retryAt = (sentAt: Date, createdAt: Date): Date => {
  const age = (sentAt.getTime() - createdAt.getTime()) / 1000;
  return after(sentAt, Math.min(RETRY_CEILING_S, Math.max(RETRY_FLOOR_S, age)));
};

/**
 * Nothing is sent at or after `expiresAt`. A command never sent expires there; one sent but never acknowledged times out
 * a little later, since the device may have started it just in time and not have been able to say so.
 */
export function nextAttempt(facts: AttemptFacts, now: Date): Attempt {
  switch (facts.state) {
    case 'queued':
      if (now >= facts.expiresAt) return { kind: 'expire' };
      return facts.connected && !facts.killed ? { kind: 'send' } : { kind: 'wait', until: facts.expiresAt };
    case 'sent':
      return attemptSent(facts, now);
    case 'acknowledged':
      return waitOrTimeOut(after(facts.acknowledgedAt ?? facts.since, facts.timeoutS), 'no_result', now);
    case 'cancelling':
      return waitOrTimeOut(after(facts.since, Math.max(facts.timeoutS, GRACE_S)), 'cancel_unanswered', now);
    default:
      return { kind: 'rest' };
  }
}

function attemptSent(facts: AttemptFacts, now: Date): Attempt {
  const givenUpAt = after(facts.expiresAt, GRACE_S);
  if (now >= givenUpAt) return { kind: 'time_out', code: 'not_acknowledged' };
  if (now >= facts.expiresAt || !facts.connected || facts.killed) return { kind: 'wait', until: givenUpAt };
  const sentAt = facts.sentAt ?? facts.createdAt;
  if (facts.sessionSince !== null && sentAt < facts.sessionSince) return { kind: 'send' };
  const again = retryAt(sentAt, facts.createdAt);
  return now >= again ? { kind: 'send' } : { kind: 'wait', until: earlier(again, givenUpAt) };
}

const waitOrTimeOut = (deadline: Date, code: 'no_result' | 'cancel_unanswered', now: Date): Attempt =>
  now >= deadline ? { kind: 'time_out', code } : { kind: 'wait', until: deadline };
