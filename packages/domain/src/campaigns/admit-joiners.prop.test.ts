import fc from 'fast-check';
import { expect, it } from 'vitest';
import { admitJoiners } from './admit-joiners.js';
import { planWaves } from './plan-waves.js';

const sizes = fc
  .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 4 })
  .map((percents) => [...percents.sort((a, b) => a - b), 100].map((percent) => ({ size: { percent } })));

it('fills a wave that is not the last up to its share of the fleet as it is now, and the last with all', () => {
  fc.assert(
    fc.property(sizes, fc.integer({ min: 10, max: 5_000 }), fc.nat(500), fc.nat(4), (waves, total, waiting, pick) => {
      const cut = planWaves(
        waves.map((wave) => wave.size),
        total,
      );
      if (!cut.ok) return;
      const wave = cut.value[pick % cut.value.length]!;
      const taken = admitJoiners({ waves }, wave, total, waiting);
      const share = waves[wave.n - 1]!.size.percent;
      const room = Math.ceil((share * (total + waiting)) / 100 - 1e-9) - wave.cumulative;
      expect(taken).toBe(wave.n === waves.length ? waiting : Math.min(waiting, Math.max(0, room)));
    }),
  );
});

it.each([
  ['a first wave of ten devices', [{ size: { devices: 10 } }, { size: { percent: 100 } }], { n: 1, cumulative: 10 }, 0],
  ['a first wave of 1%', [{ size: { percent: 1 } }, { size: { percent: 100 } }], { n: 1, cumulative: 10 }, 10],
  ['the last wave', [{ size: { percent: 1 } }, { size: { percent: 100 } }], { n: 2, cumulative: 1000 }, 1000],
])('%s of 1,000 takes of another 1,000 what its plan says', (_, waves, wave, taken) => {
  expect(admitJoiners({ waves }, wave, 1000, 1000)).toBe(taken);
});
