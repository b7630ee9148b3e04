import { createHash, X509Certificate } from 'node:crypto';
import type { Random } from '../ports/random.js';
import { EnrollmentPending, EnrollmentRefused, Unavailable } from './read-answer.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const RETRY_FIRST_MS = MINUTE;
const RETRY_LAST_MS = 6 * HOUR;
const LEAST_WAIT_MS = 1_000;
/** No server may silence a device for longer. */
const LONGEST_WAIT_MS = 24 * HOUR;

/** The server has decided about the device or its certificate: asking often would change nothing. */
const decided = new Set([
  'certificate_revoked',
  'certificate_unknown',
  'device_tombstoned',
  'enrollment_rejected',
  'identity_mismatch',
]);
/** The request itself was refused: only another key can be granted. */
const spoilt = /^(key_in_use|key_reused|csr_.*)$/;

export interface Validity {
  notBefore: Date;
  notAfter: Date;
}

/** Less than a third of a certificate's life is left: its renewal is overdue. */
export const isOverdue = ({ notBefore, notAfter }: Validity, now: Date): boolean =>
  now.getTime() > notBefore.getTime() + ((notAfter.getTime() - notBefore.getTime()) * 2) / 3;

/**
 * When a certificate is to be renewed: inside the window the server named, at a place of this certificate's own, so that a
 * fleet whose windows are the same does not come at once, and a restart does not draw another one.
 */
export function dueAt({ start, end }: { start: string; end: string }, certificate: string): Date {
  const from = Date.parse(start);
  const digest = createHash('sha256').update(new X509Certificate(certificate).raw).digest();
  const place = digest.readUIntBE(0, 6) / 2 ** 48;
  return new Date(from + place * Math.max(0, Date.parse(end) - from));
}

export interface Retry {
  /** Milliseconds until it is worth asking again. */
  waitMs: number;
  /** The request under way will never be granted. */
  spoilt?: boolean;
  /** The server says the window is elsewhere; null where it does not say where. */
  window?: { start: string } | null;
}

/** What a renewal that did not succeed means for the next one; `failures` counts them, this one included. */
export function planRetry(error: unknown, failures: number, overdue: boolean, random: Random): Retry {
  const backoff = (): number => {
    const last = overdue ? HOUR : RETRY_LAST_MS;
    return LEAST_WAIT_MS + random() * Math.min(last, RETRY_FIRST_MS * 2 ** Math.min(failures - 1, 20));
  };
  if (error instanceof Unavailable && error.retryAfterMs !== null) {
    const told = Math.min(LONGEST_WAIT_MS, Math.max(LEAST_WAIT_MS, error.retryAfterMs));
    // Never before the time told; a person's decision is polled as told, a busy server is spared a crowd.
    return { waitMs: error instanceof EnrollmentPending ? told : told * (1 + random() / 10) };
  }
  if (!(error instanceof EnrollmentRefused)) return { waitMs: backoff() };
  if (error.code === 'renewal_too_early') {
    const { renewFrom } = error.facts;
    const start = typeof renewFrom === 'string' && !Number.isNaN(Date.parse(renewFrom)) ? renewFrom : null;
    return { waitMs: RETRY_FIRST_MS, window: start === null ? null : { start } };
  }
  if (decided.has(error.code)) return { waitMs: LONGEST_WAIT_MS * (0.5 + random() / 2) };
  return spoilt.test(error.code) ? { waitMs: backoff(), spoilt: true } : { waitMs: backoff() };
}
