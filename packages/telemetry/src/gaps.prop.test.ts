import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketsOf } from './counter.js';
import { spanOf } from './fold-buckets.js';
import { gapMsOf, gapsOf, showGaps } from './gaps.js';

const SECOND = 1_000;
/** Readings ten seconds apart at the given tens of seconds. */
const at = (...tens: number[]) => tens.map((n) => ({ t: n * 10 * SECOND, v: n }));
const shown = (readings: { t: number; v: number }[], ms: number) => {
  const buckets = bucketsOf(readings, spanOf(ms), null);
  const gapMs = gapMsOf(buckets, ms);
  return { gapMs, t: showGaps(buckets, gapsOf(buckets, gapMs), ms) };
};

describe('a gap', () => {
  it('is a silence of more than three times the usual spacing', () => {
    const { gapMs, t } = shown(at(0, 1, 2, 3, 6, 7, 11, 12), 10 * SECOND);
    expect(gapMs).toBe(30 * SECOND);
    expect(t.filter(({ n }) => n === 0).map((one) => one.t)).toEqual([80 * SECOND]);
  });

  it('knows the spacing within buckets, so that a missing hour shows though hours hold many readings', () => {
    const hours = Array.from({ length: 5 }, (_, hour) => Array.from({ length: 360 }, (_, i) => hour * 360 + i));
    const { gapMs, t } = shown(at(...[hours[0]!, hours[1]!, hours[4]!].flat()), 3600 * SECOND);
    expect(gapMs).toBe(3600 * SECOND);
    expect(t.map(({ n }) => n)).toEqual([360, 360, 0, 360]);
  });

  it('is not where buckets are neighbours, and not where there is a single reading', () => {
    expect(shown(at(0, 1, 2, 17, 18), 120 * SECOND).t.every(({ n }) => n > 0)).toBe(true);
    expect(shown(at(5), 10 * SECOND)).toMatchObject({ gapMs: 10 * SECOND, t: [{ n: 1 }] });
  });

  it('stays where points around it were left out', () => {
    const buckets = bucketsOf(at(0, 1, 2, 3, 50, 51, 52), spanOf(1), null);
    const gaps = gapsOf(buckets, 30 * SECOND);
    expect(showGaps([buckets[0]!, buckets[1]!, buckets[6]!], gaps, 1).map(({ n }) => n)).toEqual([1, 1, 0, 1]);
  });

  it('adds empty buckets alone, strictly between others, and keeps times rising', () => {
    const tens = fc.uniqueArray(fc.integer({ min: 0, max: 500 }), { maxLength: 100 });
    fc.assert(
      fc.property(tens, fc.constantFrom(1_000, 10_000, 60_000), (list, ms) => {
        const readings = at(...list.toSorted((a, b) => a - b));
        const { t } = shown(readings, ms);
        expect(t.filter(({ n }) => n > 0)).toEqual(bucketsOf(readings, spanOf(ms), null));
        for (const [i, one] of t.entries()) if (i > 0) expect(one.t).toBeGreaterThan(t[i - 1]!.t);
        if (t.length > 0) expect([t[0]!.n, t.at(-1)!.n]).not.toContain(0);
      }),
    );
  });
});
