import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RangeSet } from './range-set.js';

const number = fc.integer({ min: 0, max: 60 });
const span = fc.tuple(number, fc.integer({ min: -2, max: 9 })).map(([from, length]) => [from, from + length] as const);

const upTo = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);

describe('a range set', () => {
  it('holds exactly what was added, in ascending ranges that do not touch', () => {
    fc.assert(
      fc.property(fc.array(span), (spans) => {
        const set = new RangeSet();
        for (const [from, to] of spans) set.add(from, to);
        const added = new Set(spans.flatMap(([from, to]) => upTo(from, to)));
        expect(set.ranges.flatMap(([from, to]) => upTo(from, to))).toEqual([...added].sort((a, b) => a - b));
        for (const [i, [from]] of set.ranges.entries())
          if (i > 0) expect(from).toBeGreaterThan(set.ranges[i - 1]![1] + 1);
        expect(set.isEmpty).toBe(added.size === 0);
      }),
    );
  });

  it('answers about any span as a plain set would, also after forgetting its beginning', () => {
    fc.assert(
      fc.property(fc.array(span), fc.option(number), span, (spans, floor, [from, to]) => {
        const set = new RangeSet();
        for (const [a, b] of spans) set.add(a, b);
        if (floor !== null) set.dropBelow(floor);
        const held = new Set(spans.flatMap(([a, b]) => upTo(a, b)).filter((n) => floor === null || n >= floor));
        const asked = upTo(from, to);
        expect(set.covers(from, to)).toBe(asked.every((n) => held.has(n)));
        expect(set.countWithin(from, to)).toBe(asked.filter((n) => held.has(n)).length);
        expect(set.has(from)).toBe(held.has(from));
      }),
    );
  });
});
