import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketOf, foldBuckets } from './fold-buckets.js';

const points = fc.array(
  fc.record({ t: fc.integer({ min: 0, max: 100_000 }), v: fc.integer({ min: -1000, max: 1000 }) }),
);
const fold = (list: { t: number; v: number }[], width: number) => foldBuckets(list.map(bucketOf), width);

describe('folding buckets', () => {
  it('keeps count, sum and extremes at any width', () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 50_000 }), (list, width) => {
        const buckets = fold(list, width);
        expect(buckets.reduce((n, bucket) => n + bucket.n, 0)).toBe(list.length);
        expect(buckets.reduce((sum, bucket) => sum + bucket.sum, 0)).toBe(list.reduce((sum, { v }) => sum + v, 0));
        if (list.length > 0) {
          expect(Math.max(...buckets.map(({ max }) => max))).toBe(Math.max(...list.map(({ v }) => v)));
          expect(Math.min(...buckets.map(({ min }) => min))).toBe(Math.min(...list.map(({ v }) => v)));
        }
      }),
    );
  });

  it('in two steps gives what one step gives', () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 20 }), (list, fine, times) => {
        const sorted = list.toSorted((a, b) => a.t - b.t);
        expect(foldBuckets(fold(sorted, fine), fine * times)).toEqual(fold(sorted, fine * times));
      }),
    );
  });
});
