import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeFailures, penalty } from './judge-failures.js';

const start = Date.parse('2026-03-01T00:00:00.000Z');
const at = (minutes: number) => new Date(start + minutes * 60_000);

describe('judgeFailures', () => {
  it('never blocks for fewer than three failures, nor twice for the same ones', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 20 * 60 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(gaps, (minutes) => {
        let blocked: Date | null = null;
        let clock = 0;
        const failed: Date[] = [];
        let paidFor = 0;
        for (const gap of minutes) {
          clock += gap;
          if (blocked !== null && blocked > at(clock)) continue;
          failed.push(at(clock));
          const until = judgeFailures(failed, blocked, at(clock));
          if (until === null) continue;
          expect(failed.length - paidFor).toBeGreaterThanOrEqual(penalty.failures);
          const recent = failed.slice(paidFor).filter((it) => it.getTime() > at(clock).getTime() - penalty.withinMs);
          expect(recent.length).toBe(penalty.failures);
          paidFor = failed.length;
          blocked = until;
        }
      }),
    );
  });

  it('blocks for a day from the third failure within a day', () => {
    expect(judgeFailures([at(0), at(60)], null, at(60))).toBeNull();
    expect(judgeFailures([at(0), at(60), at(120)], null, at(120))).toEqual(at(120 + 24 * 60));
    expect(judgeFailures([at(0), at(60), at(24 * 60)], null, at(24 * 60))).toBeNull();
  });

  it('lets a running pause run, and counts anew when it was lifted', () => {
    const failures = [at(0), at(1), at(2)];
    expect(judgeFailures(failures, at(24 * 60), at(3))).toBeNull();
    expect(judgeFailures([...failures, at(20)], at(10), at(20))).toBeNull();
    expect(judgeFailures([...failures, at(20), at(21), at(22)], at(10), at(22))).toEqual(at(22 + 24 * 60));
  });
});
