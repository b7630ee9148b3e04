/** What is known of a stretch of time; `sum` and `n` instead of an average, so that buckets can be folded again. */
export interface Bucket {
  /** Start in ms since the epoch. */
  readonly t: number;
  /** Usable readings. With none the values are null and only `flags` speaks. */
  readonly n: number;
  readonly sum: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly first: number | null;
  readonly firstAt: number | null;
  readonly last: number | null;
  readonly lastAt: number | null;
  /** What a counter went up by; null for gauges. */
  readonly delta: number | null;
  readonly resets: number;
  /** `qualityFlags` of all readings, also of those left out. */
  readonly flags: number;
}

/** A width of buckets and where they start. */
export interface Span {
  readonly ms: number;
  readonly start: (t: number) => number;
}

const WEEK_MS = 7 * 86_400_000;
/** 5 January 1970 was a Monday. */
const MONDAY_MS = 4 * 86_400_000;

/** Buckets of `ms` aligned to the epoch, so they match across requests; of whole weeks, to Mondays. All in UTC. */
export function spanOf(ms: number): Span {
  const origin = ms % WEEK_MS === 0 ? MONDAY_MS : 0;
  return { ms, start: (t) => Math.floor((t - origin) / ms) * ms + origin };
}

/**
 * Folds buckets into wider ones, in time order. Extremes survive at any width, which an average would hide. The order of
 * `buckets` does not matter, except that of two values at the same time the earlier in the list counts as first and the
 * later as last.
 */
export function foldBuckets(buckets: Iterable<Bucket>, span: Span): Bucket[] {
  const folded = new Map<number, Bucket>();
  for (const bucket of buckets) {
    const t = span.start(bucket.t);
    const known = folded.get(t);
    folded.set(t, known === undefined ? { ...bucket, t } : join(known, bucket));
  }
  return [...folded.values()].sort((a, b) => a.t - b.t);
}

const join = (a: Bucket, b: Bucket): Bucket => {
  const older = a.firstAt === null || (b.firstAt !== null && b.firstAt < a.firstAt) ? b : a;
  const newer = a.lastAt === null || (b.lastAt !== null && b.lastAt >= a.lastAt) ? b : a;
  return {
    t: a.t,
    n: a.n + b.n,
    sum: a.sum + b.sum,
    min: pick(Math.min, a.min, b.min),
    max: pick(Math.max, a.max, b.max),
    first: older.first,
    firstAt: older.firstAt,
    last: newer.last,
    lastAt: newer.lastAt,
    delta: pick((x, y) => x + y, a.delta, b.delta),
    resets: a.resets + b.resets,
    flags: a.flags | b.flags,
  };
};

const pick = (how: (a: number, b: number) => number, a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : how(a, b);
