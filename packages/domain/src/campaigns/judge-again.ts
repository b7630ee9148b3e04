import type { DecisionRecord } from '@muster/contracts/campaigns/decisions.schema';
import type { GateLimits } from '@muster/contracts/campaigns/plans.schema';
import { explainDecision } from './explain-decision.js';
import { type GateInputs, judgeGate } from './judge-gate.js';

export type RecordedDecision = Pick<
  DecisionRecord,
  'seq' | 'kind' | 'wave' | 'verdict' | 'code' | 'sentence' | 'inputs' | 'limits'
>;

/** What a record says and what its own evidence says. */
export interface Disagreement {
  readonly seq: number;
  readonly what: 'missing' | 'unreadable' | 'verdict' | 'code' | 'sentence';
  readonly recorded: string | null;
  readonly again: string | null;
}

/**
 * Judges every decision of a campaign again from its record alone: verdict and code of each gate, the sentence of each
 * record, and that none is missing in between. Whoever changed a record, or took one out, is found out.
 */
export function judgeAgain(records: readonly RecordedDecision[]): {
  readonly recomputed: number;
  readonly differ: readonly Disagreement[];
} {
  const differ: Disagreement[] = [];
  const sorted = [...records].sort((a, b) => a.seq - b.seq);
  for (const [i, record] of sorted.entries()) {
    const before = i === 0 ? 0 : sorted[i - 1]!.seq;
    for (let seq = before + 1; seq < record.seq; seq++)
      differ.push({ seq, what: 'missing', recorded: null, again: null });
    differ.push(...disagreements(record));
  }
  return { recomputed: records.length, differ };
}

function disagreements(record: RecordedDecision): Disagreement[] {
  const { seq } = record;
  try {
    const found: Disagreement[] = [];
    const compare = (what: Disagreement['what'], recorded: string | null, again: string | null): void => {
      if (recorded !== again) found.push({ seq, what, recorded, again });
    };
    let { code } = record;
    if (record.kind === 'gate') {
      const again = judgeGate(record.inputs as unknown as GateInputs, record.limits as unknown as GateLimits);
      compare('verdict', record.verdict, again.verdict);
      compare('code', record.code, again.code);
      code = again.code;
    }
    compare('sentence', record.sentence, explainDecision({ ...record, code }) ?? null);
    return found;
  } catch (error) {
    return [{ seq, what: 'unreadable', recorded: null, again: error instanceof Error ? error.message : String(error) }];
  }
}
