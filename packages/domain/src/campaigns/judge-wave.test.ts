import type { GateLimits } from '@muster/contracts/campaigns/plans.schema';
import { describe, expect, it } from 'vitest';
import type { StateCounts } from './count-executions.js';
import { decideTick } from './decide-tick.js';
import { groundsOf, isNews, judgeWave } from './judge-wave.js';
import { judgeWaves, moveWaves } from './move-waves.js';
import type { TickFacts, WaveFacts } from './tick-facts.js';
import type { ServiceEvidence } from './weigh-evidence.js';

const now = new Date('2026-01-01T12:00:00.000Z');
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);
const limits: GateLimits = {
  maxFailureRate: 0.05,
  maxTimeoutRate: 0.1,
  minSuccessRate: 0.9,
  minSample: 10,
  minResolvedShare: 0.9,
  soakS: 60,
  health: { maxErrorRise: 0.05, maxBurn: 3, baselineS: 3600, metrics: [] },
};
const around = (mean: number) => ({ n: 20, mean, variance: 0 });
const seen = (rate: number): ServiceEvidence => ({
  asOf: now.toISOString(),
  devices: 20,
  expected: 200,
  errors: 200 * rate,
  rates: {
    updated: around(rate),
    baseline: around(0),
    change: around(rate),
    control: { after: around(0), before: around(0), change: around(0) },
  },
  metrics: [],
  installs: null,
});
const wave = (part: Partial<WaveFacts> = {}, counts: StateCounts = { succeeded: 20 }): WaveFacts => ({
  n: 1,
  state: 'open',
  size: 20,
  limits,
  holdAfter: false,
  counts,
  forgiven: {},
  soakUntil: null,
  judged: null,
  evidence: seen(0),
  ...part,
});
const facts = (waves: WaveFacts[], state: TickFacts['campaign']['state'] = 'running'): TickFacts => ({
  campaign: { state, kind: 'release', isRollback: false, releaseRevoked: false },
  plan: { concurrency: 1, ratePerMinute: null, deadlineS: 1, stepTimeoutS: 1, autoRollback: false },
  waves,
  timers: [],
  candidates: [],
  absent: [],
  retryable: [],
  offeredLastMinute: 0,
  returnable: 0,
  rollback: null,
});
const kinds = (decisions: { kind: string }[]): string[] => decisions.map(({ kind }) => kind);

describe('a wave whose gate looks at devices in service', () => {
  it('soaks as soon as outcomes are good, and passes when its devices are', () => {
    expect(kinds(moveWaves(facts([wave({ evidence: null })]), now))).toEqual(['soak']);
    const soaked = { state: 'soaking', soakUntil: ago(1) } as const;
    expect(moveWaves(facts([wave({ ...soaked, evidence: null })]), now)).toEqual([]);
    expect(moveWaves(facts([wave({ ...soaked, evidence: seen(0.04) })]), now)).toEqual([]);
    expect(kinds(moveWaves(facts([wave(soaked)]), now))).toEqual(['pass_wave']);
  });

  it('never passes on missing evidence, not even without a soak', () => {
    const bare = { limits: { ...limits, soakS: 0 } };
    expect(moveWaves(facts([wave({ ...bare, evidence: null })]), now)).toEqual([]);
    expect(kinds(moveWaves(facts([wave(bare)]), now))).toEqual(['pass_wave']);
  });

  it.each(['running', 'held', 'pausing', 'paused'] as const)('is watched while %s after it has passed', (state) => {
    const late = wave({ state: 'passed', judged: 'gate_passed', evidence: seen(0.5) });
    expect(kinds(judgeWaves(facts([late, wave({ n: 2, judged: 'gate_passed' })], state), now))).toEqual([
      'halt',
      'cancel',
    ]);
  });

  it('waits for nothing once it has passed, and is judged by its outcomes when the campaign has ended', () => {
    const passed = wave({ state: 'passed', judged: 'gate_passed', evidence: null });
    expect(judgeWaves(facts([passed]), now)).toEqual([]);
    const late = { ...passed, evidence: seen(0.5) };
    expect(judgeWaves(facts([late], 'completed'), now)).toEqual([]);
    const fallen = { ...passed, counts: { succeeded: 15, regressed: 5 } };
    expect(kinds(judgeWaves(facts([fallen], 'completed'), now))).toEqual(['halt', 'cancel']);
  });

  it('halts when it is finished below its threshold, however well the others do in service', () => {
    const poor = wave({}, { succeeded: 16, rejected: 4 });
    expect(judgeWaves(facts([poor]), now)[0]).toMatchObject({ kind: 'halt', decision: { code: 'success_rate' } });
  });
});

describe('a device that falls back late', () => {
  const { health: _, ...plain } = limits;
  const fallen = wave({ state: 'passed', judged: 'gate_passed', limits: plain }, { succeeded: 18, regressed: 2 });
  const first = (state: TickFacts['campaign']['state']) => decideTick(facts([fallen], state), now)[0];

  it.each(['running', 'held', 'pausing', 'paused', 'completed', 'completed_with_stragglers'] as const)(
    'reopens the verdict on its wave and halts a campaign that is %s',
    (state) => {
      expect(first(state)).toMatchObject({ kind: 'halt', wave: 1, decision: { code: 'failure_rate' } });
    },
  );

  it.each(['stopped', 'failed', 'halted', 'denied'] as const)('changes nothing in one that is %s', (state) => {
    expect(first(state)?.kind).not.toBe('halt');
  });

  it('is forgiven when somebody took responsibility for it', () => {
    const forgiven = { ...fallen, forgiven: { regressed: 2 } };
    expect(decideTick(facts([forgiven], 'paused'), now)).toEqual([]);
  });
});

describe('what is recorded', () => {
  const recorded = (before: WaveFacts, secondsAgo: number, change: Partial<WaveFacts>): WaveFacts => {
    const { decision } = judgeWave(before);
    const record = { judged: decision.code, judgedAt: ago(secondsAgo), judgedOn: groundsOf(decision) };
    return { ...before, ...record, ...change };
  };
  const news = (it: WaveFacts): boolean => isNews(judgeWave(it), now);
  const half = wave({}, { succeeded: 5, queued: 15 });
  const more = { counts: { succeeded: 6, queued: 14 } };

  it('is every change of the verdict, at once', () => {
    expect(news(wave())).toBe(true);
    expect(news(recorded(half, 1, { counts: { succeeded: 20 } }))).toBe(true);
  });

  it('is a change of counts once a minute', () => {
    expect(news(recorded(half, 59, more))).toBe(false);
    expect(news(recorded(half, 60, more))).toBe(true);
  });

  it('is a change of what is seen in service alone, or of a wave that has passed, every ten minutes', () => {
    const worse = { evidence: seen(0.001) };
    expect(news(recorded(wave(), 599, worse))).toBe(false);
    expect(news(recorded(wave(), 600, worse))).toBe(true);
    const passed = wave({ state: 'passed' }, { succeeded: 20 });
    expect(news(recorded(passed, 599, { counts: { succeeded: 19, rolled_back: 1 } }))).toBe(false);
  });

  it('is never the same twice, however long nothing changes', () => {
    expect(news(recorded(wave(), 1_000_000, {}))).toBe(false);
    expect(
      news(recorded(wave(), 1_000_000, { evidence: { ...seen(0), asOf: ago(1).toISOString(), expected: 400 } })),
    ).toBe(false);
  });
});
