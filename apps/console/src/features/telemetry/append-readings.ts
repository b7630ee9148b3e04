import type { Series } from '@muster/contracts/telemetry/telemetry.schema';
import { isLeftOut } from './quality-words.js';

export interface LiveReading {
  readonly metric: string;
  readonly place: string | null;
  /** When it was measured, ms since the epoch. */
  readonly t: number;
  readonly value: number | null;
  readonly quality: number;
  /** When this page heard of it. */
  readonly heardAt: number;
}

type Columns = { -readonly [K in 't' | 'min' | 'max' | 'avg' | 'last' | 'delta' | 'n' | 'flags']: Series[K] };

const push = (columns: Columns, t: number, flags: number, value: number | null, delta: number | null) => {
  columns.t.push(t);
  for (const key of ['min', 'max', 'avg', 'last'] as const) columns[key].push(value);
  columns.delta.push(delta);
  columns.n.push(value === null ? 0 : 1);
  columns.flags.push(flags);
};

const before = (columns: Columns): number | null => columns.last.findLast((value) => value !== null) ?? null;

/** Increments of a counter since the newest value; a lower value is a reset, which counts from zero. */
const risen = (columns: Columns, value: number): number => {
  const last = before(columns);
  return last === null ? 0 : value >= last ? value - last : value;
};

const fold = (columns: Columns, row: number, value: number, counts: boolean) => {
  if (counts) columns.delta[row] = (columns.delta[row] ?? 0) + risen(columns, value);
  const n = columns.n[row]!;
  columns.min[row] = Math.min(columns.min[row] ?? value, value);
  columns.max[row] = Math.max(columns.max[row] ?? value, value);
  columns.avg[row] = ((columns.avg[row] ?? 0) * n + value) / (n + 1);
  columns.last[row] = value;
  columns.n[row] = n + 1;
};

/**
 * The series with readings heard since it was answered: folded into its newest bucket, or as new buckets after it, with
 * a break where more than `gapMs` lie between. Readings of older buckets wait for the next answer, which has them.
 */
export const appendReadings = (series: Series, readings: readonly LiveReading[], answeredAt: number): Series => {
  const newest = series.t.at(-1) ?? -Infinity;
  const single = series.n.every((n) => n <= 1);
  const fresh = readings
    .filter(({ metric, place, t, heardAt }) => {
      if (metric !== series.metric || (place ?? '') !== (series.place ?? '')) return false;
      // Points of their own say exactly what is in the answer; a bucket does not, so the moment of hearing decides.
      return single ? t > newest : t >= newest && heardAt > answeredAt;
    })
    .toSorted((a, b) => a.t - b.t);
  if (fresh.length === 0) return series;
  const columns: Columns = {
    t: [...series.t],
    min: [...series.min],
    max: [...series.max],
    avg: [...series.avg],
    last: [...series.last],
    delta: [...series.delta],
    n: [...series.n],
    flags: [...series.flags],
  };
  const counts = series.kind === 'counter';
  for (const { t, value, quality } of fresh) {
    const usable = value !== null && !isLeftOut(quality) ? value : null;
    const start = single || series.bucketMs === 0 ? t : Math.floor(t / series.bucketMs) * series.bucketMs;
    const row = columns.t.length - 1;
    if (row >= 0 && start <= columns.t[row]!) {
      if (usable !== null) fold(columns, row, usable, counts);
      columns.flags[row]! |= quality;
      continue;
    }
    const last = columns.t[row];
    if (last !== undefined && start - last > Math.max(series.gapMs, series.bucketMs))
      push(columns, last + 1, 0, null, null);
    push(columns, start, quality, usable, counts && usable !== null ? risen(columns, usable) : null);
  }
  return { ...series, ...columns };
};
