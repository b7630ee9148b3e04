import type { Bucket } from './fold-buckets.js';

/** Where nothing was heard: between the last reading before and the first after, in ms since the epoch. */
export interface Gap {
  readonly after: number;
  readonly before: number;
}

/** Three readings missing in a row are a gap, one late is not. */
const USUALLY = 3;

/**
 * How long a series may be silent before that is a gap, in ms: three times its usual spacing, and never less than a bucket.
 * The usual spacing is the median: within buckets where most hold several readings, else between them.
 */
export function gapMsOf(buckets: readonly Bucket[], bucketMs: number): number {
  const heard = buckets.filter(({ n }) => n > 0);
  const within = heard.filter(({ n }) => n > 1).map((one) => (one.lastAt! - one.firstAt!) / (one.n - 1));
  const between = heard.slice(1).map((one, i) => one.firstAt! - heard[i]!.lastAt!);
  const spacings = within.length * 2 >= heard.length ? within : between;
  return Math.max(bucketMs, Math.ceil(USUALLY * medianOf(spacings)));
}

/** Silences longer than `gapMs`. */
export function gapsOf(buckets: readonly Bucket[], gapMs: number): Gap[] {
  const gaps: Gap[] = [];
  let last: number | null = null;
  for (const { n, firstAt, lastAt } of buckets) {
    if (n === 0) continue;
    if (last !== null && firstAt! - last > gapMs) gaps.push({ after: last, before: firstAt! });
    last = lastAt;
  }
  return gaps;
}

const nothing = { min: null, max: null, first: null, firstAt: null, last: null, lastAt: null, delta: null };
/** What is known where no reading can be used. */
export const empty: Omit<Bucket, 't'> = { ...nothing, n: 0, sum: 0, resets: 0, flags: 0 };

/**
 * An empty bucket after the last one before each gap, where there is room for one, so that a line drawn through it breaks.
 * `buckets` may be fewer than those `gaps` were found in.
 */
export function showGaps(buckets: readonly Bucket[], gaps: readonly Gap[], bucketMs: number): Bucket[] {
  const shown: Bucket[] = [];
  let next = 0;
  for (const [i, bucket] of buckets.entries()) {
    shown.push(bucket);
    const follower = buckets[i + 1];
    // Where no reading could be used the line breaks already.
    if (follower === undefined || bucket.n === 0 || follower.n === 0) continue;
    while (next < gaps.length && gaps[next]!.after < bucket.lastAt!) next++;
    const silent = next < gaps.length && gaps[next]!.before <= follower.firstAt!;
    const t = bucket.t + bucketMs;
    if (silent && t < follower.t) shown.push({ ...empty, t });
  }
  return shown;
}

const medianOf = (values: readonly number[]): number => {
  if (values.length === 0) return 0;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};
