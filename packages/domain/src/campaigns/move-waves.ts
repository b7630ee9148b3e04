import { countOf } from './count-executions.js';
import { recallableStates } from './execution.machine.js';
import { type GateJudgement, gateInputs, judgeGate } from './judge-gate.js';
import type { Decision, TickDecision, TickFacts, WaveFacts } from './tick-facts.js';

interface JudgedWave {
  readonly wave: WaveFacts;
  readonly judgement: GateJudgement;
  readonly decision: Decision;
}

const judge = (wave: WaveFacts): JudgedWave => {
  const inputs = gateInputs(wave.size, wave.counts, wave.forgiven);
  const judgement = judgeGate(inputs, wave.limits);
  const { verdict, code } = judgement;
  return {
    wave,
    judgement,
    decision: { kind: 'gate', wave: wave.n, verdict, code, inputs: { ...inputs }, limits: { ...wave.limits } },
  };
};

/**
 * Judges every wave that was opened, passed ones too, since a device may fall back late. Says something only when a
 * verdict changed; the first broken gate halts the campaign and recalls what has not passed the point of no return.
 */
export function judgeWaves(facts: TickFacts): TickDecision[] {
  const judged = opened(facts).map(judge);
  const broken = judged.find(({ judgement }) => judgement.verdict === 'halt');
  const changed: TickDecision[] = judged
    .filter((it) => it !== broken && it.judgement.code !== it.wave.judged)
    .map(({ decision }) => ({ kind: 'record', decision }));
  if (broken === undefined) return changed;
  return [
    ...changed,
    { kind: 'halt', wave: broken.wave.n, decision: broken.decision },
    { kind: 'cancel', states: recallableStates, code: 'campaign_halted' },
  ];
}

/** Opens, soaks and passes waves, one at a time and in order. Only a passing gate moves anything. */
export function moveWaves(facts: TickFacts, now: Date): TickDecision[] {
  const waves = [...facts.waves].sort((a, b) => a.n - b.n);
  const current = waves.find((wave) => wave.state === 'open' || wave.state === 'soaking');
  const next = waves.find((wave) => wave.state === 'planned');
  if (current === undefined) return next === undefined ? [] : [open(next)];
  const { verdict, code } = judge(current).judgement;
  // A return has no next wave to guard: with nobody left to return it ends, and its record says how many are left.
  if (code === 'no_data' && facts.campaign.isRollback && current.state === 'open')
    return [{ kind: 'empty_wave', wave: current.n }];
  if (verdict !== 'pass') return [];

  if (current.state === 'open' && current.limits.soakS > 0)
    return [{ kind: 'soak', wave: current.n, until: new Date(now.getTime() + current.limits.soakS * 1000) }];
  if (current.state === 'soaking' && (current.soakUntil === null || current.soakUntil > now)) return [];

  const passed: TickDecision = { kind: 'pass_wave', wave: current.n, decision: passedRecord(current) };
  if (next === undefined) return [passed];
  return current.holdAfter ? [passed, { kind: 'hold', code: 'hold_after_wave' }] : [passed, open(next)];
}

/** Waves whose devices may be offered to; queued ones of earlier waves stay in the straggler lane. */
export const opened = (facts: TickFacts): WaveFacts[] =>
  facts.waves
    .filter((wave) => wave.state === 'open' || wave.state === 'soaking' || wave.state === 'passed')
    .sort((a, b) => a.n - b.n);

const open = (wave: WaveFacts): TickDecision => ({
  kind: 'open_wave',
  wave: wave.n,
  decision: {
    kind: 'wave_opened',
    wave: wave.n,
    verdict: null,
    code: 'wave_opened',
    inputs: { size: wave.size },
    limits: {},
  },
});

const passedRecord = (wave: WaveFacts): Decision => ({
  kind: 'wave_passed',
  wave: wave.n,
  verdict: 'pass',
  code: 'wave_passed',
  inputs: { size: wave.size, succeeded: countOf(wave.counts, 'succeeded', 'rolled_back') },
  limits: {},
});
