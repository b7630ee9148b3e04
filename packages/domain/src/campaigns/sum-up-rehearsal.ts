import type { CampaignState } from '@muster/contracts/campaigns/campaigns.schema';
import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import type { Rehearsal } from '@muster/contracts/campaigns/rehearsals.schema';
import { explainRehearsal } from './explain-rehearsal.js';
import { gatePower } from './gate-power.js';
import type { PlannedWave } from './plan-waves.js';
import type { RehearsalRun } from './rehearse.js';

const rates = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2] as const;

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;

const spread = (values: readonly number[]): Rehearsal['durationS'] => {
  const sorted = [...values].sort((a, b) => a - b);
  return { p50: at(sorted, 0.5), p90: at(sorted, 0.9), max: sorted.at(-1) ?? 0 };
};

const spreadOf = (values: readonly (number | null)[]): Rehearsal['durationS'] | null => {
  const there = values.filter((value) => value !== null);
  return there.length === 0 ? null : spread(there);
};

/** Chance that the first wave, and that any wave, halts a release that fails on this share of devices. */
export const powerOf = (plan: CampaignPlan, waves: readonly PlannedWave[]): Rehearsal['power'] =>
  rates.map((failureRate) => {
    const chances = waves.map((wave) => gatePower(wave.size, plan.waves[wave.n - 1]?.gate ?? plan.gate, failureRate));
    return {
      failureRate,
      firstWave: chances[0] ?? 0,
      anyWave: 1 - chances.reduce((none, chance) => none * (1 - chance), 1),
    };
  });

/** Many runs of one rehearsal as one answer. */
export function sumUpRehearsal(
  runs: readonly RehearsalRun[],
  of: {
    plan: CampaignPlan;
    waves: readonly PlannedWave[];
    targets: number;
    withHistory: number;
    failureRate: number;
    tookMs: number;
  },
): Rehearsal {
  const ends = new Map<CampaignState, number>();
  for (const run of runs) ends.set(run.state, (ends.get(run.state) ?? 0) + 1);
  // A run that completes reaches everybody: that would hide how far a bad release gets in those that halt.
  const halted = runs.filter((run) => run.state === 'halted');
  const middle = [...runs].sort((a, b) => a.durationS - b.durationS || a.exposed - b.exposed)[runs.length >> 1];
  const answer = {
    targets: of.targets,
    withHistory: of.withHistory,
    runs: runs.length,
    haltShare: runs.length === 0 ? 0 : (ends.get('halted') ?? 0) / runs.length,
    durationS: spread(runs.map((run) => run.durationS)),
    exposed: spread((halted.length > 0 ? halted : runs).map((run) => run.exposed)),
    ends: [...ends].map(([state, n]) => ({ state, runs: n })),
    power: powerOf(of.plan, of.waves),
    curve: thin(middle?.curve ?? []),
    waves: of.waves.map(({ n, size }) => ({
      n,
      size,
      opensS: spreadOf(runs.map((run) => run.waves[n - 1]!.opensS)),
      passesS: spreadOf(runs.map((run) => run.waves[n - 1]!.passesS)),
    })),
    tookMs: of.tookMs,
  };
  return { sentence: explainRehearsal(answer, of.failureRate), ...answer };
}

const POINTS = 200;

/** A drawing needs no more points than it has pixels. */
const thin = (curve: RehearsalRun['curve']): [number, number][] => {
  const every = Math.max(1, Math.ceil(curve.length / POINTS));
  return curve.filter((_, i) => i % every === 0 || i === curve.length - 1).map(([s, n]) => [s, n]);
};
