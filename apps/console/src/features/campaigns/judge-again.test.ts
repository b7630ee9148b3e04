import type { DecisionRecord } from '@muster/contracts/campaigns/decisions.schema';
import { GateLimits } from '@muster/contracts/campaigns/plans.schema';
import { explainDecision } from '@muster/domain/campaigns/explain-decision';
import { type GateInputs, judgeGate } from '@muster/domain/campaigns/judge-gate';
import { expect, test } from 'vitest';
import { canJudgeAgain, judgeAgain } from './judge-again.js';

const limits = GateLimits.parse({ maxFailureRate: 0.03, minSample: 30 });
const inputs: GateInputs = {
  size: 241,
  setAside: 2,
  succeeded: 111,
  failed: 9,
  timedOut: 2,
  rejected: 0,
  open: 117,
  soaking: 0,
};

const record = (): DecisionRecord => {
  const { verdict, code, checks } = judgeGate(inputs, limits);
  const grounds = { kind: 'gate' as const, wave: 2, code, inputs: { ...inputs }, limits: { ...limits } };
  return { ...grounds, seq: 8, at: '2026-11-21T14:02:11Z', verdict, sentence: explainDecision(grounds), checks };
};

test('a record that says what its evidence says agrees with itself', () => {
  expect(record().verdict).toBe('halt');
  expect(judgeAgain(record())).toMatchObject({ agrees: true, verdict: 'halt' });
});

test('a record whose verdict, sentence or evidence was changed does not', () => {
  expect(judgeAgain({ ...record(), verdict: 'pass' }).agrees).toBe(false);
  expect(judgeAgain({ ...record(), sentence: 'Wave 2 passed its gate.' }).agrees).toBe(false);
  expect(judgeAgain({ ...record(), inputs: { ...inputs, failed: 0 } })).toMatchObject({ agrees: false });
});

test('only a gate with its evidence can be judged again', () => {
  expect(canJudgeAgain(record())).toBe(true);
  expect(canJudgeAgain({ ...record(), kind: 'operator' })).toBe(false);
  expect(canJudgeAgain({ ...record(), inputs: {} })).toBe(false);
});
