import { type EligibleTarget, orderTargets } from '@muster/domain/campaigns/order-targets';
import { type PlannedWave, planWaves, waveAt } from '@muster/domain/campaigns/plan-waves';
import { weighFirstWave } from '@muster/domain/campaigns/weigh-first-wave';
import { expect, it } from 'vitest';
import { machine, median, printTable } from '../report.js';

const quick = Boolean(process.env.MUSTER_QUICK);
const TARGETS = quick ? 100_000 : 1_000_000;
const ROUNDS = quick ? 3 : 5;
/** How much a stable and representative membership may cost over one that is neither. */
const LIMIT = 100;
const sizes = [{ percent: 0.1 }, { percent: 1 }, { percent: 10 }, { percent: 100 }];

/** A fleet as they are: few models, many sites of uneven size, most on the newest version but one. */
const fleet: readonly EligibleTarget[] = Array.from({ length: TARGETS }, (_, i) => ({
  deviceId: `0198f000-0000-7000-8000-${i.toString(16).padStart(12, '0')}`,
  model: `m${i % 7 === 0 ? 2 : 1}`,
  site: i % 11 === 0 ? null : `site-${Math.floor(Math.sqrt((i * 7919) % 90_000))}`,
  version: `1.${(i * 31) % 10 < 7 ? 4 : (i * 31) % 4}.0`,
}));

const cut = (): PlannedWave[] => {
  const waves = planWaves(sizes, TARGETS);
  if (!waves.ok) throw new Error(waves.detail);
  return waves.value;
};
const sliced = <T>(ordered: readonly T[]): T[][] =>
  cut().map((wave) => ordered.slice(wave.cumulative - wave.size, wave.cumulative));

/** What it is held against: a plain shuffle (Fisher and Yates) and slices of it. */
function shuffled(seed: number): string[][] {
  const ids = fleet.map((target) => target.deviceId);
  let state = seed;
  for (let i = ids.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 4294967296) * (i + 1));
    [ids[i], ids[j]] = [ids[j]!, ids[i]!];
  }
  return sliced(ids);
}

/** Per attribute, how many devices of wave 1 are furthest from their share. */
function deviations(first: readonly string[]): Record<string, number> {
  const devices = new Map(fleet.map((target) => [target.deviceId, target] as const));
  const chosen = new Set(first);
  const ordered = [...first.map((id) => devices.get(id)!), ...fleet.filter((target) => !chosen.has(target.deviceId))];
  const mix = weighFirstWave(ordered, first.length);
  return Object.fromEntries(
    mix.map((it) => [it.attribute, Math.abs(it.share - it.shareOfTargets) * first.length] as const),
  );
}

const timed = <T>(work: () => T): [ms: number, T] => {
  const began = performance.now();
  const result = work();
  return [performance.now() - began, result];
};

it(`orders and cuts ${TARGETS} targets into waves`, () => {
  const ms = { shuffle: [] as number[], order: [] as number[], ratio: [] as number[], position: [] as number[] };
  let plain: string[][] = [];
  let fair: string[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const [a, one] = timed(() => shuffled(round + 1));
    const [b, other] = timed(() => sliced(orderTargets(`campaign-${round}`, fleet)));
    const waves = cut();
    const [c] = timed(() => {
      for (let i = 0; i < TARGETS; i++) waveAt(waves, i);
    });
    ms.shuffle.push(a);
    ms.order.push(b);
    ms.ratio.push(b / a);
    ms.position.push(c);
    [plain, fair] = [one, other];
  }
  const [off, even] = [deviations(plain[0]!), deviations(fair[0]!)];
  const words = (by: Record<string, number>): string =>
    Object.entries(by)
      .map(([attribute, devices]) => `${attribute} ${devices.toFixed(1)}`)
      .join(', ');
  printTable(
    `${TARGETS} targets into ${sizes.length} waves; wanted below ${LIMIT}× of the shuffle\n${machine()}`,
    null,
    [
      ['shuffle and slice', `${median(ms.shuffle).toFixed(0)} ms`, '1.00×', `off in wave 1, in devices: ${words(off)}`],
      [
        'hash, strata and slice',
        `${median(ms.order).toFixed(0)} ms`,
        `${median(ms.ratio).toFixed(2)}×`,
        `off in wave 1, in devices: ${words(even)}`,
      ],
      ['wave of each position', `${median(ms.position).toFixed(0)} ms`],
    ],
  );
  expect(fair.flat()).toHaveLength(TARGETS);
  expect(even.model).toBeLessThanOrEqual(1);
  expect(even.version).toBeLessThan(2);
}, 300_000);
