import type { Series } from '@muster/contracts/telemetry/telemetry.schema';
import { duration } from '../../ui/format.js';

const named: Readonly<Record<number, string>> = {
  60000: '1 minute',
  3600000: '1 hour',
  86400000: '1 day',
  604800000: '1 week',
};

const length = (ms: number): string => named[ms] ?? duration(ms);

/** How fine a chart is: "every reading", "1 hour averages, band from minimum to maximum", "increase per 1 hour". */
export const grainWords = (series: Series, bars: boolean): string => {
  const single = series.resolution === 'raw' && series.n.every((n) => n <= 1);
  if (bars) return single ? 'increase at every reading' : `increase per ${length(series.bucketMs)}`;
  return single ? 'every reading' : `${length(series.bucketMs)} averages, band from minimum to maximum`;
};

const within = (series: Series, from: number, to: number): number[] =>
  series.t.flatMap((at, row) => (at >= from && at <= to ? [row] : []));

/** What a counter rose by between two instants; null where no increment is known. */
export const totalRise = (series: Series, from: number, to: number): number | null => {
  const known = within(series, from, to).flatMap((row) => series.delta[row] ?? []);
  return known.length === 0 ? null : known.reduce((sum, delta) => sum + delta, 0);
};

/** All flags of the readings between two instants, together. */
export const flagsWithin = (series: Series, from: number, to: number): number =>
  within(series, from, to).reduce((all, row) => all | (series.flags[row] ?? 0), 0);
