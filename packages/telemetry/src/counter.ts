import type { Bucket, Span } from './fold-buckets.js';

/** What a counter did between two readings. */
export interface Step {
  readonly delta: number;
  readonly reset: boolean;
}

/** One reading that may be used, in ms since the epoch. */
export interface Reading {
  readonly t: number;
  readonly v: number;
}

/** Near its end before and near zero after: then it wrapped. Anything else that goes down was reset. */
const NEAR = 0.1;

/**
 * How far a counter went from `before` to `after`. `wrapAt` is where it starts again from zero; null where it never does.
 * After a reset all it shows was counted since. `rollupStore` says the same in SQL.
 */
export function stepOf(before: number, after: number, wrapAt: number | null): Step {
  if (after >= before) return { delta: after - before, reset: false };
  if (wrapAt !== null && before > (1 - NEAR) * wrapAt && after < NEAR * wrapAt)
    return { delta: wrapAt - before + after, reset: false };
  return { delta: after, reset: true };
}

/**
 * Buckets of `span` from usable readings in time order, with the delta of a counter where `counter` is given. The way from
 * the last reading before a bucket counts in the bucket it ends in; before the first reading there is nothing.
 */
export function bucketsOf(
  readings: readonly Reading[],
  span: Span,
  counter: { readonly wrapAt: number | null } | null,
): Bucket[] {
  const buckets = new Map<number, Bucket>();
  let before: Reading | undefined;
  for (const reading of readings) {
    const t = span.start(reading.t);
    const { v } = reading;
    const known = buckets.get(t);
    const step = counter === null || before === undefined ? null : stepOf(before.v, v, counter.wrapAt);
    buckets.set(t, {
      t,
      n: (known?.n ?? 0) + 1,
      sum: (known?.sum ?? 0) + v,
      min: Math.min(known?.min ?? v, v),
      max: Math.max(known?.max ?? v, v),
      first: known?.first ?? v,
      firstAt: known?.firstAt ?? reading.t,
      last: v,
      lastAt: reading.t,
      delta: counter === null ? null : (known?.delta ?? 0) + (step?.delta ?? 0),
      resets: (known?.resets ?? 0) + (step?.reset ? 1 : 0),
      flags: 0,
    });
    before = reading;
  }
  return [...buckets.values()];
}
