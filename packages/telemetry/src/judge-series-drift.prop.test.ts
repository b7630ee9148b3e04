import { normalFrom } from '@muster/testkit/series-world';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DailyMedians, DRIFT_DAYS, judgeDrift } from './judge-series-drift.js';

type Shape = (day: number) => number;
const series = (seed: number, shape: Shape, noise = 0.3): DailyMedians => {
  const normal = normalFrom(seed);
  return { from: 20_000, values: Array.from({ length: DRIFT_DAYS }, (_, day) => 21 + shape(day) + noise * normal()) };
};
const flat: Shape = () => 0;
const slide: Shape = (day) => Math.max(0, day - 8) * 0.3;
/** Weather wanders, for everybody at a place alike. */
const weather: Shape = (day) => 6 * Math.sin(day / 9) + 0.2 * day;
const judge = (own: Shape, peers: Shape, seed = 1, { count = 5, noise = 0.3 } = {}) =>
  judgeDrift(
    series(seed, own, noise),
    Array.from({ length: count }, (_, i) => series(1_000 * seed + i, peers, noise)),
    { scale: [1] },
    null,
    { name: 'value', unit: null },
  );

describe('drift', () => {
  it('is a sensor that slides while its peers stay, from the day it began', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.boolean(), (seed, withWeather) => {
        const common = withWeather ? weather : flat;
        const verdict = judge((day) => common(day) + slide(day), common, seed);
        expect(verdict).toMatchObject({ state: 'present', finding: { kind: 'drift' } });
        const since = verdict.state === 'present' ? verdict.finding.since / 86_400_000 - 20_000 : 0;
        expect(Math.abs(since - 8)).toBeLessThanOrEqual(5);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('is nothing when the peers move along, when the series only scatters, or when it stepped once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), (seed) => {
        expect(judge(weather, weather, seed)).toEqual({ state: 'unclear' });
        expect(judge(flat, flat, seed)).toEqual({ state: 'unclear' });
        expect(judge((day) => (day < 14 ? 0 : 2), flat, seed)).toEqual({ state: 'unclear' });
      }),
      { numRuns: 300, seed: 2 },
    );
  });

  it('cannot be told from a season without three peers', () => {
    expect(judge(slide, flat, 3, { count: 2 })).toEqual({ state: 'unclear' });
  });

  it('goes on while the sensor stays away and ends when it was put right', () => {
    const open = judge(slide, flat, 4);
    if (open.state !== 'present') throw new Error('no drift');
    const finding = { ...open.finding, closedAt: null };
    const peers = [1, 2, 3, 4].map((seed) => series(seed, flat));
    const again = (shape: Shape) =>
      judgeDrift(series(9, shape), peers, { scale: [1] }, finding, { name: 'value', unit: null });
    expect(again((day) => slide(day) + 0.3)).toMatchObject({ state: 'present', finding: { since: finding.since } });
    expect(again((day) => (day < 22 ? slide(day) : 0))).toMatchObject({ state: 'normal' });
  });
});
