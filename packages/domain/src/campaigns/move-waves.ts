import { hasEnded } from './campaign.machine.js';
import { countOf } from './count-executions.js';
import { recallableStates } from './execution.machine.js';
import { isNews, judgeWave } from './judge-wave.js';
import type { Decision, TickDecision, TickFacts, WaveFacts } from './tick-facts.js';

/**
 * Judges every wave that was opened, passed ones too, since a device may fall back or fail in service late. Says something
 * only when a verdict changed, or what it rests on and some time has gone by; the first broken gate halts the campaign and recalls what has not passed the point of no return.
 */
export function judgeWaves(facts: TickFacts, now: Date): TickDecision[] {
  const watched = !hasEnded(facts.campaign.state);
  const judged = opened(facts).map((wave) => judgeWave(wave, watched));
  const broken = judged.find(({ judgement }) => judgement.verdict === 'halt');
  const changed: TickDecision[] = judged
    .filter((it) => it !== broken && isNews(it, now))
    .map(({ decision }) => ({ kind: 'record', decision }));
  if (broken === undefined) return changed;
  return [
    ...changed,
    { kind: 'halt', wave: broken.wave.n, decision: broken.decision },
    { kind: 'cancel', states: recallableStates, code: 'campaign_halted' },
  ];
}

/**
 * Opens, soaks and passes waves, one at a time and in order. A soak begins when outcomes are enough and good, for
 * evidence from service is gathered in it; only a gate that passes as a whole opens the next wave.
 */
export function moveWaves(facts: TickFacts, now: Date): TickDecision[] {
  const waves = [...facts.waves].sort((a, b) => a.n - b.n);
  const current = waves.find((wave) => wave.state === 'open' || wave.state === 'soaking');
  const next = waves.find((wave) => wave.state === 'planned');
  if (current === undefined) return next === undefined ? [] : [open(next)];
  const { verdict, code, settled } = judgeWave(current).judgement;
  // A return has no next wave to guard: with nobody left to return it ends, and its record says how many are left.
  if (code === 'no_data' && facts.campaign.isRollback && current.state === 'open')
    return [{ kind: 'empty_wave', wave: current.n }];
  if (!settled || verdict === 'halt') return [];

  if (current.state === 'open' && current.limits.soakS > 0)
    return [{ kind: 'soak', wave: current.n, until: new Date(now.getTime() + current.limits.soakS * 1000) }];
  if (current.state === 'soaking' && (current.soakUntil === null || current.soakUntil > now)) return [];
  if (verdict !== 'pass') return [];

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
