import type { Resolution } from '@muster/contracts/telemetry/telemetry.schema';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

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
  7 * DAY_MS,
];

export interface Choice {
  readonly resolution: Resolution;
  readonly bucketMs: number;
}

/**
 * The finest bucket that gives at most one per pixel, and where to read it from: hourly rollups from an hour up, stored
 * messages below. `raw` means buckets so fine that points usually stand alone.
 */
export function chooseResolution(from: Date, to: Date, width: number): Choice {
  const wanted = (to.getTime() - from.getTime()) / Math.max(1, width);
  const bucketMs = STEPS.find((step) => step >= wanted) ?? Math.ceil(wanted / DAY_MS) * DAY_MS;
  if (bucketMs >= HOUR_MS) return { resolution: 'hour', bucketMs };
  return { resolution: bucketMs >= MINUTE_MS ? 'minute' : 'raw', bucketMs };
}
