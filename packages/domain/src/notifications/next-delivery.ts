const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Pauses after each failed attempt, about three days in all (Standard Webhooks, "Deliverability and reliability"). */
const PAUSES = [
  5 * SECOND,
  30 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  20 * HOUR,
];

/** How long to wait after failed attempt number `attempts`, in milliseconds; null when it was the last. */
export const pauseAfter = (attempts: number, chance: number): number | null => {
  const pause = PAUSES[attempts - 1];
  return pause === undefined ? null : Math.round(pause * (0.8 + 0.4 * chance));
};

/** What a receiver did: its status, or null when there was no answer. */
export type DeliveryVerdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly afterMs: number }
  /** No more attempts; `disable` when the receiver says it is gone for good. */
  | { readonly kind: 'failed'; readonly disable: boolean };

/**
 * What follows from attempt number `attempts` (from 1). 2xx is delivered, 410 ends the webhook, everything else,
 * redirects included, is tried again. `chance` in [0, 1) spreads receivers that came back together.
 */
export const nextDelivery = (status: number | null, attempts: number, chance: number): DeliveryVerdict => {
  if (status !== null && status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 410) return { kind: 'failed', disable: true };
  const afterMs = pauseAfter(attempts, chance);
  return afterMs === null ? { kind: 'failed', disable: false } : { kind: 'retry', afterMs };
};
