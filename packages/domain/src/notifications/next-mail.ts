import { pauseAfter } from './next-delivery.js';

/** What the mail server did. `code` is its reply (RFC 5321 4.2), null when there was none. */
export type MailAnswer =
  | { readonly kind: 'taken' }
  | { readonly kind: 'refused'; readonly code: number | null; readonly about: 'recipient' | 'anything' };

export type MailVerdict =
  | { readonly kind: 'sent' }
  | { readonly kind: 'retry'; readonly afterMs: number }
  | { readonly kind: 'failed' };

/**
 * What follows from attempt number `attempts` (from 1). Only a final no to the recipient ends a mail: a server that is
 * away, full or badly set up (4xx, a refused sign-in) is tried again, for somebody can mend it.
 */
export function nextMail(answer: MailAnswer, attempts: number, chance: number): MailVerdict {
  if (answer.kind === 'taken') return { kind: 'sent' };
  if (answer.about === 'recipient' && answer.code !== null && answer.code >= 500) return { kind: 'failed' };
  const afterMs = pauseAfter(attempts, chance);
  return afterMs === null ? { kind: 'failed' } : { kind: 'retry', afterMs };
}
