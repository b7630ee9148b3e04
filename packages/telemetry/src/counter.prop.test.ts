import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketsOf, stepOf } from './counter.js';
import { spanOf } from './fold-buckets.js';

describe('a step of a counter', () => {
  it.each([
    ['goes up', 10, 15, null, { delta: 5, reset: false }],
    ['stands', 10, 10, null, { delta: 0, reset: false }],
    ['wraps near its end', 95, 3, 100, { delta: 8, reset: false }],
    ['is a reset in the middle', 60, 3, 100, { delta: 3, reset: true }],
    ['is a reset where too much is there after it', 95, 40, 100, { delta: 40, reset: true }],
    ['is a reset where the counter never wraps', 95, 3, null, { delta: 3, reset: true }],
  ])('%s', (_, before, after, wrapAt, step) => {
    expect(stepOf(before, after, wrapAt)).toEqual(step);
  });
});

describe('what a counter went up by', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 200 });

  it('is what was counted, through any number of wraps and in buckets of any width', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 5000 }), (list, ms) => {
        let total = 0;
        const readings = list.map((step, i) => {
          total += step;
          return { t: i * 10, v: total % 100 };
        });
        const buckets = bucketsOf(readings, spanOf(ms), { wrapAt: 100 });
        expect(buckets.reduce((sum, { delta }) => sum + delta!, 0)).toBe(total - list[0]!);
        expect(buckets.every(({ resets }) => resets === 0)).toBe(true);
      }),
    );
  });

  it('after a reset is what the counter shows, and resets are counted', () => {
    const readings = [5, 9, 2, 3, 1].map((v, i) => ({ t: i, v }));
    expect(bucketsOf(readings, spanOf(10), { wrapAt: null })).toMatchObject([{ delta: 4 + 2 + 1 + 1, resets: 2 }]);
  });

  it('is nothing for a gauge', () => {
    expect(bucketsOf([{ t: 0, v: 1 }], spanOf(10), null)).toMatchObject([{ delta: null, resets: 0 }]);
  });
});
