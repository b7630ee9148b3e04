import type { GateLimits } from '@muster/contracts/campaigns/plans.schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainDecision } from './explain-decision.js';
import { canProve, type GateInputs, gateInputs, judgeGate } from './judge-gate.js';

const limits: GateLimits = {
  maxFailureRate: 0.05,
  maxTimeoutRate: 0.1,
  minSuccessRate: 0.9,
  minSample: 10,
  minResolvedShare: 0.9,
  soakS: 60,
};
const wave = (part: Partial<GateInputs>): GateInputs => {
  const it = { succeeded: 0, failed: 0, timedOut: 0, rejected: 0, open: 0, setAside: 0, soaking: 0, ...part };
  return { ...it, size: it.succeeded + it.failed + it.timedOut + it.rejected + it.open + it.setAside };
};
const judge = (part: Partial<GateInputs>, over: Partial<GateLimits> = {}) => {
  const inputs = wave(part);
  const all = { ...limits, ...over };
  const { verdict, code } = judgeGate(inputs, all);
  const sentence = explainDecision({ kind: 'gate', wave: 2, code, inputs: { ...inputs }, limits: all });
  return [verdict, code, sentence];
};

const anyInputs = fc
  .record({
    succeeded: fc.nat(50),
    failed: fc.nat(20),
    timedOut: fc.nat(20),
    rejected: fc.nat(5),
    open: fc.nat(50),
    setAside: fc.nat(10),
  })
  .map(wave);
const share = fc.double({ min: 0, max: 1, noNaN: true });
const anyLimits = fc.record({
  maxFailureRate: share,
  maxTimeoutRate: share,
  minSuccessRate: share,
  minResolvedShare: share,
  minSample: fc.integer({ min: 1, max: 60 }),
  soakS: fc.nat(100),
});

describe('judgeGate', () => {
  it('passes a clean wave', () => {
    expect(judge({ succeeded: 18 })).toEqual([
      'pass',
      'gate_passed',
      'Wave 2 passed its gate: 18 of 18 resolved devices succeeded, 0 failed, 0 timed out.',
    ]);
  });

  it('halts on failures and says how many of how many against which limit', () => {
    expect(judge({ succeeded: 111, failed: 9, open: 121 })).toEqual([
      'halt',
      'failure_rate',
      'Wave 2 halted: 9 of 120 resolved devices failed, 7.5% against a limit of 5%.',
    ]);
  });

  it('weighs failures against devices in their soak too, since a success takes longer to tell than a failure', () => {
    expect(judge({ succeeded: 8, failed: 3, open: 300, soaking: 60 })[0]).toBe('hold');
    expect(judge({ succeeded: 8, failed: 5, open: 300, soaking: 60 })).toEqual([
      'halt',
      'failure_rate',
      'Wave 2 halted: 5 of 73 resolved or soaking devices failed, 6.8% against a limit of 5%.',
    ]);
  });

  it('halts before the sample when the limit would stay broken even if everybody else succeeded', () => {
    expect(judge({ failed: 2, open: 16 })[1]).toBe('failure_rate');
    const { checks } = judgeGate(wave({ failed: 2, open: 16 }), limits);
    expect(checks[0]).toMatchObject({ verdict: 'halt', n: 2, of: 18, observed: 2 / 18 });
    expect(judge({ failed: 1, open: 19 })[0]).toBe('hold');
  });

  it('lets the wave be its own minimum sample when it is smaller than the plan asks', () => {
    expect(judge({ succeeded: 2 })[0]).toBe('pass');
    expect(judge({ succeeded: 1, open: 1 })[1]).toBe('waiting_for_sample');
  });

  it('halts a finished wave below its threshold instead of going on', () => {
    expect(judge({ succeeded: 8, rejected: 2 })).toEqual([
      'halt',
      'success_rate',
      'Wave 2 halted: 8 of 10 resolved devices succeeded, 80% where at least 90% is needed.',
    ]);
  });

  it('holds when nobody can say anything', () => {
    expect(judge({ setAside: 2 })).toEqual([
      'hold',
      'no_data',
      'Wave 2 has no data: 2 of its 2 devices are out of reach or set aside, and missing data holds.',
    ]);
  });

  it('leaves out of the denominator who cannot be reached', () => {
    expect(judge({ succeeded: 10, setAside: 90 })[0]).toBe('pass');
  });

  it('never waits for nobody: a wave without open devices passes, halts, or has no data', () => {
    fc.assert(
      fc.property(anyInputs, anyLimits, (inputs, any) => {
        const { verdict, code } = judgeGate(wave({ ...inputs, open: 0 }), any);
        expect(verdict === 'hold' ? code : 'no_data').toBe('no_data');
      }),
    );
  });

  it('never passes what breaks a limit, nor on a resolved share below the plan', () => {
    fc.assert(
      fc.property(anyInputs, anyLimits, (inputs, any) => {
        if (judgeGate(inputs, any).verdict !== 'pass') return;
        const resolved = inputs.succeeded + inputs.failed + inputs.timedOut + inputs.rejected;
        expect(inputs.failed).toBeLessThanOrEqual(any.maxFailureRate * resolved);
        expect(inputs.timedOut).toBeLessThanOrEqual(any.maxTimeoutRate * resolved);
        expect(inputs.succeeded).toBeGreaterThanOrEqual(any.minSuccessRate * resolved);
        expect(resolved).toBeGreaterThanOrEqual(any.minResolvedShare * (resolved + inputs.open));
        expect(resolved).toBeGreaterThan(0);
      }),
    );
  });

  it('never turns a halt into less by one more failure', () => {
    fc.assert(
      fc.property(anyInputs, anyLimits, (inputs, any) => {
        fc.pre(inputs.open > 0 && judgeGate(inputs, any).code === 'failure_rate');
        const worse = { ...inputs, open: inputs.open - 1, failed: inputs.failed + 1 };
        expect(judgeGate(worse, any).verdict).toBe('halt');
      }),
    );
  });

  it('counts a regression against the wave, silence as a time-out, and forgives what an operator took over', () => {
    const counts = { succeeded: 5, regressed: 1, failed: 2, in_doubt: 1, timed_out: 1, unreachable: 3, soaking: 2 };
    expect(gateInputs(15, counts)).toMatchObject({ failed: 3, timedOut: 2, open: 2, setAside: 3, succeeded: 5 });
    expect(gateInputs(15, counts, { failed: 2 })).toMatchObject({ failed: 1, setAside: 5 });
  });
});

describe('canProve', () => {
  it('says what a wave of that size can show at best', () => {
    expect(canProve(50)).toBe('50 devices without a failure prove a failure rate below 6.0% (95%)');
    expect(canProve(2)).toBe('2 devices without a failure prove almost nothing');
    expect(canProve(1)).toBe('1 device without a failure proves almost nothing');
  });
});
