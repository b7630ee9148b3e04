/** Buckets an eighth wider than the one before: a percentile read from them is at most six percent off. */
const GROWTH = Math.log2(1.125);
/** The last bucket holds everything beyond some two hours. */
const MOST = 136;

/**
 * Durations in ms as counts by bucket, without zeros at the end: two of them are merged by adding, which percentiles
 * cannot. Bucket 0 holds everything up to 1 ms.
 */
export type MillisHistogram = number[];

export function observe(histogram: MillisHistogram, ms: number, times = 1): void {
  const bucket = ms > 1 ? Math.min(Math.ceil(Math.log2(ms) / GROWTH), MOST) : 0;
  while (histogram.length <= bucket) histogram.push(0);
  histogram[bucket]! += times;
}

export function merge(into: MillisHistogram, other: readonly number[]): void {
  while (into.length < other.length) into.push(0);
  for (const [bucket, count] of other.entries()) into[bucket]! += count;
}

/** The duration a share of all, 0 to 1, does not exceed: the middle of its bucket, to one digit. Null of nothing. */
export function percentile(histogram: readonly number[], share: number): number | null {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let left = Math.max(1, Math.ceil(total * share));
  const bucket = histogram.findIndex((count) => {
    left -= count;
    return left <= 0;
  });
  return bucket === 0 ? 1 : Math.round(2 ** ((bucket - 0.5) * GROWTH) * 10) / 10;
}
