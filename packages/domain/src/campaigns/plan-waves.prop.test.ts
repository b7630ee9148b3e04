import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planWaves, waveAt } from './plan-waves.js';

describe('planWaves', () => {
  it('covers every target exactly once with no empty wave, or refuses', () => {
    const sizes = fc.array(
      fc.oneof(
        fc.record({ percent: fc.double({ min: 0.01, max: 100, noNaN: true }) }),
        fc.record({ devices: fc.integer({ min: 1, max: 500 }) }),
      ),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 5000 }), (asked, total) => {
        const plan = planWaves([...asked, { percent: 100 }], total);
        if (!plan.ok) return;
        expect(plan.value.map((w) => w.size).reduce((a, b) => a + b)).toBe(total);
        expect(Math.min(...plan.value.map((w) => w.size))).toBeGreaterThanOrEqual(1);
        expect(waveAt(plan.value, 0)).toBe(1);
        expect(waveAt(plan.value, total - 1)).toBe(plan.value.length);
      }),
    );
  });

  it('cuts 200 devices into 2, 18 and 180 at 1%, 10% and 100%', () => {
    const plan = planWaves([{ percent: 1 }, { percent: 10 }, { percent: 100 }], 200);
    expect(plan.ok && plan.value.map((w) => w.size)).toEqual([2, 18, 180]);
  });

  it('does not round 0.1% of 1,000 up to two devices', () => {
    const plan = planWaves([{ percent: 0.1 }, { percent: 100 }], 1000);
    expect(plan.ok && plan.value[0]?.size).toBe(1);
  });

  it('gives a wave that rounds to nothing one device', () => {
    const plan = planWaves([{ percent: 1 }, { percent: 10 }, { percent: 100 }], 3);
    expect(plan.ok && plan.value.map((w) => w.size)).toEqual([1, 1, 1]);
  });

  it.each([
    ['plan_empty_wave', [{ percent: 1 }, { percent: 10 }, { percent: 100 }], 2],
    ['plan_uncovering', [{ percent: 1 }, { percent: 99 }], 200],
    ['plan_uncovering', [{ devices: 10 }], 200],
    ['plan_invalid', [{ percent: 10 }, { percent: 10 }, { percent: 100 }], 200],
    ['plan_invalid', [{ percent: Number.NaN }, { percent: 100 }], 200],
    ['plan_invalid', [{ devices: 1.5 }, { percent: 100 }], 200],
    ['plan_invalid', [], 200],
    ['no_eligible_targets', [{ percent: 100 }], 0],
  ] as const)('refuses with %s', (code, sizes, total) => {
    const plan = planWaves(sizes, total);
    expect(plan.ok ? null : plan.code).toBe(code);
  });
});
