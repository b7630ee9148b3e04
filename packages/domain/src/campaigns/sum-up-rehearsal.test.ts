import { describe, expect, it } from 'vitest';
import { duration } from './explain-rehearsal.js';
import type { RehearsalRun } from './rehearse.js';
import { sumUpRehearsal } from './sum-up-rehearsal.js';

const gate = {
  maxFailureRate: 0.05,
  maxTimeoutRate: 0.1,
  minSuccessRate: 0.9,
  minSample: 10,
  minResolvedShare: 0.9,
  soakS: 60,
};
const plan = {
  waves: [{ size: { percent: 10 } }, { size: { percent: 100 } }],
  gate,
  concurrency: 10,
  ratePerMinute: null,
  deadlineS: 600,
  stepTimeoutS: 60,
  deviceSoakS: 10,
  retries: 0,
  autoRollback: true,
  approval: false,
};
const planned = [
  { n: 1, size: 10, cumulative: 10 },
  { n: 2, size: 90, cumulative: 100 },
];
const run = (state: RehearsalRun['state'], durationS: number, exposed: number): RehearsalRun => ({
  state,
  durationS,
  exposed,
  hash: 0,
  halted: null,
  curve: [[0, 0]],
  waves: [
    { n: 1, size: 10, opensS: 0, passesS: 60 },
    { n: 2, size: 90, opensS: state === 'halted' ? null : 60, passesS: null },
  ],
});
const sum = (runs: RehearsalRun[], failureRate: number) =>
  sumUpRehearsal(runs, { plan, waves: planned, targets: 100, withHistory: 0, failureRate, tookMs: 1 });

describe('sumUpRehearsal', () => {
  it('says how long a good release takes', () => {
    const answer = sum([run('completed', 3600, 100), run('completed', 4000, 100), run('completed', 9000, 100)], 0);
    expect(answer.sentence).toBe(
      'A good release reaches everybody who comes online in 3 of 3 runs. Half of the runs take less than 67 minutes, nine of ten less than 2.5 hours.',
    );
    expect(answer.waves[1]!.opensS).toEqual({ p50: 60, p90: 60, max: 60 });
  });

  it('says how many devices a bad one reaches before it is halted', () => {
    const answer = sum([run('halted', 100, 3), run('halted', 120, 9), run('halted', 110, 4)], 0.2);
    expect(answer.sentence).toBe(
      'A release that fails on 20% of devices is halted in all 3 runs, usually with 4 devices on it and at worst with 9 of 100.',
    );
    expect(answer.waves[1]!.opensS).toBeNull();
    expect(answer.haltShare).toBe(1);
  });

  it('names runs that end differently', () => {
    expect(
      sum([run('halted', 100, 3), run('completed', 500, 97), run('running', 7_776_000, 50)], 0.04).sentence,
    ).toContain('in 1 of 3 runs, is halted in 1, with up to 3 devices on it, is not through after 90 days in 1.');
  });

  it('gives the chance to catch a defect in the first wave and in any', () => {
    const [first] = sum([run('completed', 1, 1)], 0).power;
    expect(first!.failureRate).toBe(0.005);
    expect(first!.firstWave).toBeCloseTo(1 - 0.995 ** 10, 6);
    expect(first!.anyWave).toBeGreaterThan(first!.firstWave);
  });
});

describe('duration', () => {
  it('chooses a unit people say', () => {
    expect([1, 60, 200, 9_000, 300_000].map(duration)).toEqual([
      '1 second',
      '60 seconds',
      '3 minutes',
      '2.5 hours',
      '3.5 days',
    ]);
  });
});
