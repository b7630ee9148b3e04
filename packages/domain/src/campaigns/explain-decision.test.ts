import { describe, expect, it } from 'vitest';
import { explainDecision } from './explain-decision.js';
import { judgeGate } from './judge-gate.js';

const limits = {
  maxFailureRate: 0.05,
  maxTimeoutRate: 0.1,
  minSuccessRate: 0.9,
  minSample: 5,
  minResolvedShare: 0.9,
  soakS: 60,
};
const wave = { size: 20, setAside: 0, succeeded: 0, failed: 0, timedOut: 0, rejected: 0, open: 20, soaking: 0 };
const sentence = (change: Partial<typeof wave>): string => {
  const inputs = { ...wave, ...change };
  return explainDecision({ kind: 'gate', wave: 2, code: judgeGate(inputs, limits).code, inputs, limits });
};

describe('the sentence of a gate', () => {
  it('names resolved devices once the sample is complete', () => {
    expect(sentence({ open: 10, succeeded: 6, failed: 4 })).toBe(
      'Wave 2 halted: 4 of 10 resolved devices failed, 40% against a limit of 5%.',
    );
  });

  it('says why it need not wait for the sample', () => {
    expect(sentence({ open: 17, succeeded: 1, failed: 2 })).toBe(
      'Wave 2 halted: 2 of 20 devices failed, which is 10% even if all others succeed, against a limit of 5%.',
    );
  });

  it('shows both the wave and what its gate needs while it waits', () => {
    expect(sentence({ open: 19, succeeded: 1 })).toBe('Wave 2 waits: 1 of 20 devices has resolved; its gate needs 5.');
  });

  it('says how much of the wave is missing', () => {
    expect(sentence({ open: 10, succeeded: 10 })).toBe(
      'Wave 2 waits: 10 of 20 devices have resolved, 50% where at least 90% is needed.',
    );
  });
});
