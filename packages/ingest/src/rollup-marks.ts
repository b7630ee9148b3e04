import { effectiveTime, type MessageRow } from '@muster/persistence/telemetry/message-row';
import type { DeviceHour } from '@muster/persistence/telemetry/rollup.store';

const HOUR_MS = 3_600_000;
/** How long before the end of an hour its marks are written again, so that a commit that takes its time is still before it. */
const MARGIN_MS = 60_000;
/** How far clocks of workers and database may be apart. */
const SKEW_MS = 20_000;
const MOST = 1_000_000;

/** What one batch must mark, and the time by which it must have been committed for what it leaves out to be right. */
export interface BatchMarks {
  readonly hours: readonly DeviceHour[];
  readonly leftOut: readonly DeviceHour[];
  readonly by: number;
}

/**
 * Which hours a batch has to mark for rollup. The hour under way is never rolled up, so its mark, once committed, stays,
 * and the messages after the first of a device need none: at one message every ten seconds that spares 359 of 360 updates.
 */
export class RollupMarks {
  /** The open hour each device has a committed mark in. */
  readonly #marked = new Map<number, number>();

  of(rows: readonly MessageRow[], now: Date): BatchMarks {
    const hours: DeviceHour[] = [];
    const leftOut: DeviceHour[] = [];
    const seen = new Map<number, Set<number>>();
    for (const row of rows) {
      let last = Number.NaN;
      for (const dtMs of row.dtMs) {
        const bucket = Math.floor(effectiveTime(row, dtMs) / HOUR_MS) * HOUR_MS;
        if (bucket === last) continue;
        last = bucket;
        const known = seen.get(row.deviceKey);
        if (known?.has(bucket)) continue;
        if (known === undefined) seen.set(row.deviceKey, new Set([bucket]));
        else known.add(bucket);
        const stands = this.#marked.get(row.deviceKey) === bucket && bucket + HOUR_MS - now.getTime() > MARGIN_MS;
        (stands ? leftOut : hours).push({ deviceKey: row.deviceKey, bucket });
      }
    }
    const by = leftOut.reduce((least, { bucket }) => Math.min(least, bucket + HOUR_MS), Number.POSITIVE_INFINITY);
    return { hours, leftOut, by: by - SKEW_MS };
  }

  /** Call after the commit of `hours`. */
  committed(hours: readonly DeviceHour[], now: Date): void {
    if (this.#marked.size > MOST) this.#marked.clear();
    for (const { deviceKey, bucket } of hours)
      if (bucket + HOUR_MS > now.getTime()) this.#marked.set(deviceKey, bucket);
  }
}
