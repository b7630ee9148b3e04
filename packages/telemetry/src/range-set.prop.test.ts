import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RangeSet } from './range-set.js';

describe('a range set', () => {
  it('holds exactly what was added, in ascending ranges that do not touch', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 })), (numbers) => {
        const set = new RangeSet();
        for (const n of numbers) set.add(n);
        const held = set.ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
        expect(held).toEqual([...new Set(numbers)].sort((a, b) => a - b));
        for (const [i, [from]] of set.ranges.entries())
          if (i > 0) expect(from).toBeGreaterThan(set.ranges[i - 1]![1] + 1);
        for (let n = 0; n <= 60; n++) expect(set.has(n)).toBe(numbers.includes(n));
      }),
    );
  });
});
