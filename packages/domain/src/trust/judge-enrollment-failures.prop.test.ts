import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeEnrollmentFailures } from './judge-enrollment-failures.js';

const hoursOf = (counts: readonly number[]) => counts.map((refused) => ({ issued: 0, refused }));
const week = fc.array(fc.nat(1_000), { minLength: 24, maxLength: 168 });

describe('refused enrolments of an hour', () => {
  it('are unusual from some number on and not below it', () => {
    fc.assert(
      fc.property(week, fc.nat(5_000), fc.nat(5_000), (past, a, b) => {
        const [fewer, more] = a < b ? [a, b] : [b, a];
        if (judgeEnrollmentFailures(fewer, hoursOf(past)) !== null)
          expect(judgeEnrollmentFailures(more, hoursOf(past))).not.toBeNull();
      }),
    );
  });

  it('are usual when they are as many as ever, and when they are a handful', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 168 }), fc.nat(20), (n, hours, few) => {
        const past = hoursOf(Array.from({ length: hours }, () => n));
        expect(judgeEnrollmentFailures(n, past)).toBeNull();
        expect(judgeEnrollmentFailures(few, [])).toBeNull();
      }),
    );
  });

  it('are not hidden by a few bad hours before them', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1_000, max: 100_000 }), { maxLength: 8 }), (bad) => {
        const past = hoursOf([...Array.from({ length: 168 - bad.length }, () => 2), ...bad]);
        expect(judgeEnrollmentFailures(21, past)).toEqual({ usual: 2, limit: 20 });
      }),
    );
  });

  it('do not depend on the order of the past', () => {
    fc.assert(
      fc.property(week, fc.nat(5_000), (past, refused) => {
        expect(judgeEnrollmentFailures(refused, hoursOf(past.toReversed()))).toEqual(
          judgeEnrollmentFailures(refused, hoursOf(past)),
        );
      }),
    );
  });
});
