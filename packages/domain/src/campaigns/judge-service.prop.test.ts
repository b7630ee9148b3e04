import type { GateLimits } from '@muster/contracts/campaigns/plans.schema';
import { describe, expect, it } from 'vitest';
import { gatherEvidence, type Observed } from './gather-evidence.js';
import { gateInputs, judgeGate } from './judge-gate.js';

const limits: GateLimits = {
  maxFailureRate: 0.05,
  maxTimeoutRate: 0.1,
  minSuccessRate: 0.9,
  minSample: 10,
  minResolvedShare: 0.9,
  soakS: 60,
  health: { maxErrorRise: 0.05, maxBurn: 3, baselineS: 86_400, metrics: [] },
};
const PAST = 1440;
const WATCHED = 240;

const chance = (seed: number) => {
  let state = seed | 0;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};
const long = (random: () => number, mean: number): number => 1 + Math.floor(-Math.log(1 - random()) * mean);

/** Minutes in which a device is not heard, summed up: short and long silences of its own, and outages of its site. */
function silences(random: () => number, site: Uint8Array, worse: number): Float64Array {
  const often = -Math.log(1 - random()) / 1000;
  const sums = new Float64Array(PAST + WATCHED + 1);
  let left = 0;
  for (let minute = 0; minute < PAST + WATCHED; minute++) {
    if (left === 0 && random() < often) left = long(random, 20);
    const bad = site[minute]! > 0 || left > 0 || (minute >= PAST && random() < worse);
    if (left > 0) left--;
    sums[minute + 1] = sums[minute]! + (bad ? 1 : 0);
  }
  return sums;
}

/** A fleet as fleets are, looked at every minute after the update; at which minute it is halted, if it is. */
function watch(seed: number, updated: number, control: number, worse: number): number | null {
  const random = chance(seed * 104_729);
  const sites = Array.from({ length: 20 }, () => {
    const out = new Uint8Array(PAST + WATCHED);
    for (let minute = 0; minute < out.length; minute++)
      if (random() < 1 / 5000) out.fill(1, minute, minute + long(random, 30));
    return out;
  });
  const devices = Array.from({ length: updated + control }, (_, i) =>
    silences(random, sites[i % sites.length]!, i < updated ? worse : 0),
  );
  for (let minute = 3; minute <= WATCHED; minute++) {
    const due = Math.min(60, minute);
    const seen = devices.map((sums): Observed => {
      const bad = sums[PAST + minute]! - sums[PAST + minute - due]!;
      return { due, bad, now: bad / due, past: sums[PAST]! / PAST, metrics: [] };
    });
    const parts = { updated: seen.slice(0, updated), control: seen.slice(updated), metrics: [], installs: null };
    const evidence = gatherEvidence({ asOf: new Date(0), ...parts });
    const { verdict } = judgeGate(gateInputs(updated, { succeeded: updated }, {}, evidence), limits);
    if (verdict === 'halt') return minute;
  }
  return null;
}

const seeds = Array.from({ length: 20 }, (_, i) => i + 1);

describe('a fleet with silences, poor devices and sites that go down', () => {
  it.each([
    [10, 100],
    [60, 100],
    [60, 0],
  ])('is not halted by chance: %i updated, %i to compare with, four hours of looking', (updated, control) => {
    const halted = seeds.filter((seed) => watch(seed, updated, control, 0) !== null).length;
    expect(halted / seeds.length).toBeLessThanOrEqual(0.05);
  });

  it('is halted within the hour when a tenth of all heartbeats goes missing with the update', () => {
    for (const seed of seeds) expect(watch(seed, 60, 100, 0.1)).toBeLessThanOrEqual(60);
  });

  it('is halted within minutes when half of them do, on ten devices', () => {
    const minutes = seeds.map((seed) => watch(seed, 10, 100, 0.5) ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
    expect(minutes[seeds.length / 2]).toBeLessThanOrEqual(10);
  });
});
