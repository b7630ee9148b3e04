import type { DecisionRecord } from '@muster/contracts/campaigns/decisions.schema';
import type { GateLimits } from '@muster/contracts/campaigns/plans.schema';
import { explainDecision } from '@muster/domain/campaigns/explain-decision';
import { type GateInputs, judgeGate } from '@muster/domain/campaigns/judge-gate';

export interface Rejudged {
  readonly agrees: boolean;
  readonly verdict: string;
  readonly sentence: string;
}

/** Whether a record can be judged again: it holds the evidence and the limits of a gate. */
export const canJudgeAgain = (record: DecisionRecord): boolean =>
  record.kind === 'gate' && typeof record.inputs.size === 'number' && typeof record.limits.maxFailureRate === 'number';

/** Judges a gate once more from the record alone, by the rules the server runs, and compares verdict, code and sentence. */
export const judgeAgain = (record: DecisionRecord): Rejudged => {
  const { verdict, code } = judgeGate(record.inputs as unknown as GateInputs, record.limits as unknown as GateLimits);
  const sentence = explainDecision({
    kind: record.kind,
    wave: record.wave,
    code,
    inputs: record.inputs,
    limits: record.limits,
  });
  return {
    agrees: verdict === record.verdict && code === record.code && sentence === record.sentence,
    verdict,
    sentence,
  };
};
