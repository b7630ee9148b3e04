import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketsOf } from './counter.js';
import { foldBuckets, spanOf } from './fold-buckets.js';

const readings = fc
  .array(fc.record({ t: fc.integer({ min: 0, max: 100_000 }), v: fc.integer({ min: -1000, max: 1000 }) }))
  .map((list) => list.toSorted((a, b) => a.t - b.t));
const width = fc.integer({ min: 1, max: 50_000 });
const counter = fc.constantFrom(null, { wrapAt: null }, { wrapAt: 1000 });

describe('folding buckets', () => {
  it('keeps count, sum and extremes at any width', () => {
    fc.assert(
      fc.property(readings, width, (list, ms) => {
        const buckets = foldBuckets(bucketsOf(list, spanOf(1), null), spanOf(ms));
        expect(buckets.reduce((n, bucket) => n + bucket.n, 0)).toBe(list.length);
        expect(buckets.reduce((sum, bucket) => sum + bucket.sum, 0)).toBe(list.reduce((sum, { v }) => sum + v, 0));
        if (list.length > 0) {
          expect(Math.max(...buckets.map(({ max }) => max!))).toBe(Math.max(...list.map(({ v }) => v)));
          expect(Math.min(...buckets.map(({ min }) => min!))).toBe(Math.min(...list.map(({ v }) => v)));
        }
      }),
    );
  });

  it('in two steps gives what one step gives, increments of counters too', () => {
    const fine = fc.integer({ min: 1, max: 100 });
    const times = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(readings, fine, times, counter, (list, ms, many, kind) => {
        const wide = spanOf(ms * many);
        expect(foldBuckets(bucketsOf(list, spanOf(ms), kind), wide)).toEqual(bucketsOf(list, wide, kind));
      }),
    );
  });

  it('does not depend on the order of buckets', () => {
    fc.assert(
      fc.property(readings, width, fc.integer(), (list, ms, seed) => {
        const buckets = bucketsOf(list, spanOf(7), { wrapAt: null });
        const shuffled = buckets.toSorted((a, b) => ((a.t * 31 + seed) % 17) - ((b.t * 31 + seed) % 17));
        expect(foldBuckets(shuffled, spanOf(ms))).toEqual(foldBuckets(buckets, spanOf(ms)));
      }),
    );
  });
});

describe('a bucket', () => {
  it.each([
    [7, '2026-11-16T00:00:00.000Z'],
    [14, '2026-11-09T00:00:00.000Z'],
    [1, '2026-11-21T00:00:00.000Z'],
  ])('of %d days starts on a Monday if it holds whole weeks, at midnight UTC in any case', (days, start) => {
    const t = Date.parse('2026-11-21T13:14:15.000Z');
    expect(new Date(spanOf(days * 86_400_000).start(t)).toISOString()).toBe(start);
  });
});
