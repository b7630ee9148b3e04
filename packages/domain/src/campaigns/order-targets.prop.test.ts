import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EligibleTarget, orderTargets } from './order-targets.js';
import { planWaves, waveAt } from './plan-waves.js';
import { weighFirstWave } from './weigh-first-wave.js';

const target = (models: readonly string[], sites: readonly (string | null)[], versions: readonly string[]) =>
  fc.record({
    deviceId: fc.uuid(),
    model: fc.constantFrom(...models),
    site: fc.constantFrom(...sites),
    version: fc.constantFrom(...versions),
  });
const fleetOf = (one: fc.Arbitrary<EligibleTarget>, maxLength = 200) =>
  fc.uniqueArray(one, { selector: (d) => d.deviceId, minLength: 1, maxLength });
const fleet = fleetOf(target(['m1', 'm2'], ['north', 'south', null], ['1.0.0', '1.1.0']));

/** Of every prefix, how far the share of those who are `in` is from their share of all, in devices. */
function furthest(ordered: readonly EligibleTarget[], isIn: (target: EligibleTarget) => boolean): number {
  const share = ordered.filter(isIn).length / ordered.length;
  let [seen, worst] = [0, 0];
  for (const [i, one] of ordered.entries()) {
    if (isIn(one)) seen++;
    worst = Math.max(worst, Math.abs(seen - (i + 1) * share));
  }
  return worst;
}
const inOrder = (seed: string, targets: readonly EligibleTarget[]): EligibleTarget[] => {
  const devices = new Map(targets.map((one) => [one.deviceId, one] as const));
  return orderTargets(seed, targets).map((id) => devices.get(id)!);
};

describe('any prefix of the order', () => {
  it('holds each model in its share within one device, and each version of a model too, each mix within three', () => {
    fc.assert(
      fc.property(fleet, fc.string(), (devices, seed) => {
        const ordered = inOrder(seed, devices);
        for (const model of ['m1', 'm2']) {
          expect(furthest(ordered, (d) => d.model === model)).toBeLessThanOrEqual(1);
          for (const version of ['1.0.0', '1.1.0']) {
            expect(furthest(ordered, (d) => d.model === model && d.version === version)).toBeLessThanOrEqual(1);
            for (const site of ['north', 'south', null])
              expect(
                furthest(ordered, (d) => d.model === model && d.version === version && d.site === site),
              ).toBeLessThan(3);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is a fair sample also of a fleet of many small sites', () => {
    const devices = Array.from({ length: 6_000 }, (_, i) => ({
      deviceId: `d${i}`,
      model: `m${i % 10 === 0 ? 2 : 1}`,
      site: `site-${Math.floor(Math.sqrt((i * 7919) % 90_000))}`,
      version: `1.${i % 4}.0`,
    }));
    const ordered = inOrder('campaign', devices);
    for (const size of [10, 60, 600])
      for (const { attribute, share, shareOfTargets } of weighFirstWave(ordered, size))
        expect(Math.abs(share - shareOfTargets) * size, `${attribute} of ${size}`).toBeLessThan(
          attribute === 'site' ? 5 : 2,
        );
  });

  it('begins with devices of small sites as often as such sites have devices', () => {
    // Half of the devices stand alone; a rule that took large sites first would never begin with one of them.
    const devices = Array.from({ length: 100 }, (_, i) => ({
      deviceId: `d${i}`,
      model: 'm',
      version: null,
      site: i < 50 ? 'large' : `alone-${i}`,
    }));
    const firsts = Array.from({ length: 200 }, (_, i) => inOrder(`campaign-${i}`, devices).slice(0, 10)).flat();
    const alone = firsts.filter((d) => d.site !== 'large').length / firsts.length;
    expect(alone).toBeGreaterThan(0.45);
    expect(alone).toBeLessThan(0.55);
  });
});

describe('membership', () => {
  it('is another one for another campaign', () => {
    const devices = Array.from({ length: 100 }, (_, i) => ({
      deviceId: `d${i}`,
      model: 'm',
      site: null,
      version: null,
    }));
    expect(orderTargets('a', devices).slice(0, 10)).not.toEqual(orderTargets('b', devices).slice(0, 10));
  });

  it('is the same for any order devices come in', () => {
    fc.assert(
      fc.property(fleet, fc.string(), fc.nat(), (devices, seed, turn) => {
        const at = turn % devices.length;
        const turned = [...devices.slice(at), ...devices.slice(0, at)].reverse();
        expect(orderTargets(seed, turned)).toEqual(orderTargets(seed, devices));
      }),
    );
  });

  it('has everybody once, whatever the wave sizes', () => {
    fc.assert(
      fc.property(fleet, fc.integer({ min: 1, max: 99 }), (devices, percent) => {
        const waves = planWaves([{ percent }, { percent: 100 }], devices.length);
        if (!waves.ok) return;
        const order = orderTargets('seed', devices);
        expect([...order].sort()).toEqual(devices.map((d) => d.deviceId).sort());
        const sizes = waves.value.map(({ n }) => order.filter((_, i) => waveAt(waves.value, i) === n).length);
        expect(sizes).toEqual(waves.value.map((wave) => wave.size));
      }),
    );
  });

  it('keeps the order among devices of one mix when others are added anywhere', () => {
    const mixOf = (d: EligibleTarget): string => JSON.stringify([d.model, d.site, d.version]);
    fc.assert(
      fc.property(fleet, fleet, fc.string(), (before, more, seed) => {
        const known = new Set(before.map((d) => d.deviceId));
        const all = [...before, ...more.filter((d) => !known.has(d.deviceId))];
        const then = inOrder(seed, before);
        const now = inOrder(seed, all).filter((d) => known.has(d.deviceId));
        for (const mix of new Set(before.map(mixOf)))
          expect(now.filter((d) => mixOf(d) === mix)).toEqual(then.filter((d) => mixOf(d) === mix));
      }),
    );
  });
});
