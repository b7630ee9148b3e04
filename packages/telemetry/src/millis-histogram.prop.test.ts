import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type MillisHistogram, merge, observe, percentile } from './millis-histogram.js';

const durations = fc.array(fc.double({ min: 0, max: 3_600_000, noNaN: true }), { minLength: 1, maxLength: 200 });
const of = (values: readonly number[]): MillisHistogram => {
  const histogram: MillisHistogram = [];
  for (const ms of values) observe(histogram, ms);
  return histogram;
};

test('a percentile is at most an eighth away from the exact one', () => {
  fc.assert(
    fc.property(durations, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, share) => {
      const exact = values.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(values.length * share)) - 1]!;
      const read = percentile(of(values), share)!;
      expect(read).toBeGreaterThanOrEqual(Math.max(exact, 1) * 0.87 - 0.1);
      expect(read).toBeLessThanOrEqual(Math.max(exact, 1) * 1.13 + 0.1);
    }),
  );
});

test('merging is the same as observing everything in one place', () => {
  fc.assert(
    fc.property(durations, durations, (a, b) => {
      const merged = of(a);
      merge(merged, of(b));
      expect(merged).toEqual(of([...a, ...b]));
    }),
  );
});

test('of nothing there is no percentile', () => {
  expect(percentile([], 0.5)).toBeNull();
});
