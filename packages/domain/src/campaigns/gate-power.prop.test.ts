import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gatePower } from './gate-power.js';

const limits = {
  maxFailureRate: 0.05,
  maxTimeoutRate: 0.1,
  minSuccessRate: 0.9,
  minSample: 10,
  minResolvedShare: 0.9,
  soakS: 60,
};

describe('gatePower', () => {
  it('is what the binomial says where a single failure breaks the limit', () => {
    expect(gatePower(10, limits, 0.1)).toBeCloseTo(1 - 0.9 ** 10, 10);
    expect(gatePower(1, limits, 0.3)).toBeCloseTo(0.3, 10);
  });

  it('is nothing for a release that never fails and certain for one that always does', () => {
    for (const size of [1, 10, 500, 100_000]) {
      expect(gatePower(size, limits, 0)).toBe(0);
      expect(gatePower(size, limits, 1)).toBeCloseTo(1, 10);
    }
  });

  it('grows with the failure rate and stays a chance', () => {
    const rate = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        rate,
        rate,
        fc.integer({ min: 1, max: 50 }),
        (size, x, y, minSample) => {
          const [low, high] = [Math.min(x, y), Math.max(x, y)];
          const [few, many] = [low, high].map((p) => gatePower(size, { ...limits, minSample }, p));
          expect(few).toBeGreaterThanOrEqual(0);
          expect(many).toBeLessThanOrEqual(1);
          expect(many! + 1e-9).toBeGreaterThanOrEqual(few!);
        },
      ),
      { numRuns: 100 },
    );
  });
});
