import type { Resolution } from '@muster/contracts/telemetry/telemetry.schema';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

/** Bucket widths people can read an axis by. */
const STEPS = [
  1_000,
  2_000,
  5_000,
  10_000,
  15_000,
  30_000,
  MINUTE_MS,
  2 * MINUTE_MS,
  5 * MINUTE_MS,
  10 * MINUTE_MS,
  15 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  DAY_MS,
  WEEK_MS,
];

export interface Choice {
  readonly resolution: Resolution;
  readonly bucketMs: number;
}

/**
 * The finest bucket that gives at most one per pixel, and where to read it from: rollups by week, day and hour from an hour
 * up, stored messages below. `raw` means buckets so fine that points usually stand alone.
 */
export function chooseResolution(from: Date, to: Date, width: number): Choice {
  const wanted = (to.getTime() - from.getTime()) / Math.max(1, width);
  const bucketMs = STEPS.find((step) => step >= wanted) ?? Math.ceil(wanted / WEEK_MS) * WEEK_MS;
  return { resolution: resolutionOf(bucketMs), bucketMs };
}

const resolutionOf = (bucketMs: number): Resolution => {
  if (bucketMs >= WEEK_MS) return 'week';
  if (bucketMs >= DAY_MS) return 'day';
  if (bucketMs >= HOUR_MS) return 'hour';
  return bucketMs >= MINUTE_MS ? 'minute' : 'raw';
};
