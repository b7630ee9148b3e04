import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineUp, type RehearsalRun, rehearse } from './rehearse.js';
import type { RehearsedDevice } from './virtual-fleet.js';

const plan = (over: Partial<CampaignPlan> = {}): CampaignPlan => ({
  waves: [{ size: { percent: 1 } }, { size: { percent: 10 } }, { size: { percent: 100 } }],
  gate: {
    maxFailureRate: 0.05,
    maxTimeoutRate: 0.1,
    minSuccessRate: 0.9,
    minSample: 10,
    minResolvedShare: 0.9,
    soakS: 600,
  },
  concurrency: 100,
  ratePerMinute: null,
  deadlineS: 3600,
  stepTimeoutS: 900,
  deviceSoakS: 60,
  retries: 0,
  autoRollback: true,
  approval: false,
  ...over,
});

const fleet = (n: number, presence: RehearsedDevice['presence'] = null): RehearsedDevice[] =>
  Array.from({ length: n }, (_, i) => ({
    deviceId: `d${i}`,
    model: i % 3 === 0 ? 'a' : 'b',
    site: `s${i % 7}`,
    version: '1',
    timezone: 'UTC',
    presence,
  }));

function play(
  devices: RehearsedDevice[],
  over: { plan?: CampaignPlan; failureRate?: number; seed?: number } = {},
): RehearsalRun {
  const used = over.plan ?? plan();
  const line = lineUp('seed', used, devices);
  if (!line.ok) throw new Error(line.detail);
  const run = rehearse({
    plan: used,
    ...line.value,
    install: { p50S: 120, p90S: 300 },
    failureRate: over.failureRate ?? 0,
    seed: over.seed ?? 1,
    startMs: Date.UTC(2026, 0, 5),
  });
  for (;;) {
    const step = run.next();
    if (step.done) return step.value;
  }
}

describe('a rehearsal', () => {
  it('completes a good release over a fleet that is always there, everybody updated', () => {
    expect(play(fleet(1000))).toMatchObject({ state: 'completed', exposed: 1000 });
  });

  it('halts a bad release early, with few devices exposed', () => {
    const run = play(fleet(2000), { failureRate: 0.5 });
    expect(run.state).toBe('halted');
    expect(run.exposed).toBeLessThan(30);
  });

  it('does not halt a large fleet for a release that fails on one device in a thousand', () => {
    const gate = { ...plan().gate, minSample: 50 };
    const states = [1, 2, 3].map(
      (seed) => play(fleet(20_000), { plan: plan({ gate, concurrency: 5_000 }), failureRate: 0.001, seed }).state,
    );
    expect(states).toEqual(Array(3).fill('completed_with_stragglers'));
  });

  it('gives the same run for the same seed and another for another', () => {
    const devices = fleet(500, { share: 0.9, absenceS: 3600 });
    const runs = [1, 1, 2].map((seed) => play(devices, { seed, failureRate: 0.02 }));
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[2]!.hash).not.toBe(runs[0]!.hash);
  });

  it('takes longer with fewer slots, a pace, and devices that are away', () => {
    const quick = play(fleet(500)).durationS;
    expect(play(fleet(500), { plan: plan({ concurrency: 10 }) }).durationS).toBeGreaterThan(quick);
    expect(play(fleet(500), { plan: plan({ ratePerMinute: 5 }) }).durationS).toBeGreaterThan(quick);
    expect(play(fleet(500, { share: 0.7, absenceS: 7200 })).durationS).toBeGreaterThan(quick);
  });

  it('waits for maintenance windows and keeps site budgets', () => {
    const nightly = {
      days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const,
      from: '02:00',
      minutes: 60,
      timezone: 'device',
    };
    const windows = [{ ...nightly, days: [...nightly.days] }];
    const night = play(fleet(200), { plan: plan({ windows }) });
    // Starts on a Monday at midnight; three waves with ten minutes of soak fit into one night, were they quick enough.
    expect(night.state).toBe('completed');
    expect(night.waves[0]!.passesS).toBeGreaterThan(2 * 3600);
    const free = play(fleet(700)).durationS;
    const one = play(fleet(700), { plan: plan({ siteBudget: { devices: 1 } }) });
    expect(one.state).toBe('completed');
    expect(one.durationS).toBeGreaterThan(4 * free);
  });

  it('exposes nobody twice, never more than there are, and always comes to rest', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 300 }),
        fc.double({ min: 0, max: 0.6, noNaN: true }),
        fc.double({ min: 0.5, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: 2 }),
        fc.nat(),
        (n, failureRate, share, concurrency, retries, seed) => {
          const run = play(fleet(n, { share, absenceS: 1800 }), {
            plan: plan({ concurrency, retries }),
            failureRate,
            seed,
          });
          expect(run.exposed).toBeLessThanOrEqual(n);
          expect(['completed', 'completed_with_stragglers', 'halted', 'running']).toContain(run.state);
          for (let k = 1; k < run.curve.length; k++)
            expect(run.curve[k]![1]).toBeGreaterThanOrEqual(run.curve[k - 1]![1]);
        },
      ),
      { numRuns: 40 },
    );
  });
});
