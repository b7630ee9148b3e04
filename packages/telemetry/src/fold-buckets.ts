/** One value at one time, in ms since the epoch. */
export interface Point {
  readonly t: number;
  readonly v: number;
}

/** What is known of a stretch of time; `sum` and `n` instead of an average, so that buckets can be folded again. */
export interface Bucket {
  readonly t: number;
  readonly n: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly last: number;
  readonly lastAt: number;
}

/** Start of the bucket of `bucketMs` that `t` falls into; buckets are aligned to the epoch, so they match across requests. */
export const bucketStart = (t: number, bucketMs: number): number => Math.floor(t / bucketMs) * bucketMs;

export const bucketOf = ({ t, v }: Point): Bucket => ({ t, n: 1, sum: v, min: v, max: v, last: v, lastAt: t });

/**
 * Folds buckets into wider ones, in time order. Extremes survive at any width, which an average would hide. The order of
 * `buckets` does not matter, except that of two values at the same time the later in the list counts as last.
 */
export function foldBuckets(buckets: Iterable<Bucket>, bucketMs: number): Bucket[] {
  const folded = new Map<number, Bucket>();
  for (const bucket of buckets) {
    const t = bucketStart(bucket.t, bucketMs);
    const known = folded.get(t);
    folded.set(t, known === undefined ? { ...bucket, t } : join(known, bucket));
  }
  return [...folded.values()].sort((a, b) => a.t - b.t);
}

const join = (a: Bucket, b: Bucket): Bucket => {
  const newer = b.lastAt >= a.lastAt ? b : a;
  return {
    t: a.t,
    n: a.n + b.n,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    last: newer.last,
    lastAt: newer.lastAt,
  };
};
