import type { GateLimits } from '@muster/contracts/campaigns/plans.schema';
import {
  asksForEvidence,
  type GateInputs,
  type GateJudgement,
  gateInputs,
  judgeGate,
  withoutEvidence,
} from './judge-gate.js';
import { judgeService } from './judge-service.js';
import type { Decision, WaveFacts } from './tick-facts.js';

/** Evidence older than this is none: a collector that stands still must not let a wave pass. */
export const FRESH_MS = 120_000;
/** A gate whose counts keep changing is recorded this often, besides at every change of its verdict. */
const COUNTS_EVERY_MS = 60_000;
/** One that is passed, or whose devices are only watched in service, less often: a soak may take weeks. */
const SERVICE_EVERY_MS = 600_000;

export interface JudgedWave {
  readonly wave: WaveFacts;
  readonly judgement: GateJudgement;
  readonly decision: Decision;
}

/**
 * Judges a wave on all that is known of it. Of a campaign that has ended nobody collects evidence from service any more;
 * and a wave that has passed waits for nothing: evidence counts when it breaks a limit, and not when it is missing.
 */
export function judgeWave(wave: WaveFacts, watched = true): JudgedWave {
  const limits = watched ? wave.limits : withoutEvidence(wave.limits);
  const evidence = asksForEvidence(limits) ? (wave.evidence ?? null) : undefined;
  const inputs = gateInputs(wave.size, wave.counts, wave.forgiven, evidence);
  const judgement = judgeGate(inputs, limits);
  const { verdict, code, settled } = judgement;
  if (wave.state === 'passed' && watched && settled && verdict === 'hold') return judgeWave(wave, false);
  return {
    wave,
    judgement,
    decision: { kind: 'gate', wave: wave.n, verdict, code, inputs: { ...inputs }, limits: { ...limits } },
  };
}

/**
 * What a gate record was made of, in a few characters: the counts, and what the checks of service show. Two records of a
 * wave with the same text would say the same.
 */
export function groundsOf({ inputs, limits }: Pick<Decision, 'inputs' | 'limits'>): string {
  const { evidence = null, ...counts } = inputs as unknown as GateInputs;
  const checks = judgeService(evidence, limits as unknown as GateLimits, counts.open);
  const service = checks.flatMap(({ n, observed, interval }) => [n, observed, ...(interval ?? [])]);
  const rounded = service.map((x) => (x === null ? '-' : Number(x.toPrecision(4))));
  return `${Object.values(counts).join(',')}|${rounded.join(',')}`;
}

/** Whether a judgement has to be recorded: its code is new, or what it rests on is and the last record has some age. */
export function isNews({ wave, decision }: JudgedWave, now: Date): boolean {
  if (decision.code !== wave.judged) return true;
  const { judgedAt = null, judgedOn = null } = wave;
  if (judgedAt === null || judgedOn === null) return false;
  const grounds = groundsOf(decision);
  if (grounds === judgedOn) return false;
  const counted = wave.state !== 'passed' && grounds.split('|')[0] !== judgedOn.split('|')[0];
  return now.getTime() - judgedAt.getTime() >= (counted ? COUNTS_EVERY_MS : SERVICE_EVERY_MS);
}
