import { watch } from '@muster/testkit/series-watch';
import { readingsOf, WORLD_START } from '@muster/testkit/series-world';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const HOUR_MS = 3_600_000;
/** Faults begin here: at midnight after twenty days. */
const FAULT = 20 * 24;
const DAYS = 22;
type Value = (h: number, normal: () => number) => number;

const day = (h: number) => Math.sin((h / 24) * 2 * Math.PI);
const isWorkday = (h: number) => Math.floor(h / 24) % 7 < 5;
/** What plants measure when nothing is wrong. */
const wells: Record<string, Value> = {
  'noise around a constant': (_, normal) => 20 + normal(),
  'a daily cycle': (h, normal) => 20 + 5 * day(h) + 0.5 * normal(),
  'a working week': (h, normal) => (isWorkday(h) ? 100 : 20) + 10 * day(h) + 3 * normal(),
  'a coarse sensor': (_, normal) => Math.round((21 + 0.3 * normal()) * 2) / 2,
  'a very coarse sensor': (h, normal) => Math.round(21 + 2 * day(h) + 0.1 * normal()),
  'a panel that sleeps at night': (h, normal) =>
    Math.max(0, Math.round(1000 * Math.sin((((h % 24) - 6) / 12) * Math.PI) * (0.7 + 0.1 * normal()))),
  'a machine that rests at weekends': (h, normal) =>
    isWorkday(h) && h % 24 >= 6 && h % 24 < 18 ? 500 + 20 * normal() : 0,
  weather: (h, normal) => 10 + 5 * day(h) + 3 * Math.sin(h / 31) + 3 * Math.sin(h / 67 + 2) + 0.2 * normal(),
};
const delays = (value: Value, kind: 'gauge' | 'counter' = 'gauge', seeds = [1, 2]) =>
  seeds.map((seed) =>
    watch(readingsOf(DAYS, seed, value), { kind }).findings.map((one) => ({
      kind: one.kind,
      after: (one.foundAt - WORLD_START) / HOUR_MS - FAULT,
    })),
  );

describe('a healthy series', () => {
  it.each(Object.entries(wells))('is left alone: %s, six weeks', { timeout: 30_000 }, (_, value) => {
    const found = [1, 2, 3].flatMap((seed) => watch(readingsOf(42, seed, value)).findings);
    expect(found.map(({ sentence }) => sentence)).toEqual([]);
  });

  it('says little of itself even where single readings scatter wildly: one spike in 1,000 hours at most', {
    timeout: 30_000,
  }, () => {
    const runs = [1, 2, 3, 4].map((seed) =>
      watch(readingsOf(42, seed, (_, normal) => 20 + normal() / Math.max(0.15, Math.abs(normal())))),
    );
    const found = runs.flatMap(({ findings }) => findings);
    expect(found.filter(({ kind }) => kind !== 'spike')).toEqual([]);
    expect(found.length).toBeLessThan(runs.reduce((sum, { judgedHours }) => sum + judgedHours, 0) / 1_000);
  });

  it('may be a switch or a setpoint: neither is ever stuck nor unlike itself', () => {
    const setpoint: Value = (h) => (h < FAULT ? 20 : 22);
    const valve: Value = (h) => (Math.floor(h / 7) % 5 === 0 ? 1 : 0);
    for (const value of [setpoint, valve]) expect(delays(value)).toEqual([[], []]);
  });

  it('says nothing in its first week, whatever it does', () => {
    const readings = readingsOf(7, 1, (h, normal) => (h > 120 ? 500 : 20 + normal()));
    expect(watch(readings).findings).toEqual([]);
  });
});

const faulty: [string, Value][] = [
  'noise around a constant',
  'a daily cycle',
  'a working week',
  'a coarse sensor',
  'weather',
].map((name) => [name, wells[name]!]);

describe.each(faulty)('of %s', (_, value) => {
  it('a sensor that repeats itself is stuck, within eight hours', { timeout: 30_000 }, () => {
    let held: number | null = null;
    const stuck: Value = (h, normal) => {
      const v = value(h, normal);
      if (h < FAULT) held = null;
      else if (h < FAULT + 30) held ??= v;
      else return v;
      if (held !== null) return held;
      return v;
    };
    for (const found of delays(stuck)) {
      expect(found.map(({ kind }) => kind)).toEqual(['stuck']);
      expect(found[0]!.after).toBeLessThanOrEqual(8);
    }
  });

  it('one or three readings far outside are a spike, once the series is back', { timeout: 30_000 }, () => {
    for (const readings of [1, 3]) {
      const spike: Value = (h, normal) =>
        h > FAULT + 2.1 && h < FAULT + 2.1 + readings / 6 ? 5_000 : value(h, normal);
      for (const found of delays(spike)) expect(found).toEqual([{ kind: 'spike', after: 3 }]);
    }
  });
});

describe.each(faulty.filter(([name]) => name !== 'a working week'))('of %s', (_, value) => {
  it('a change that lasts is an anomaly of the asset after five hours', { timeout: 30_000 }, () => {
    const changed: Value = (h, normal) => value(h, normal) + (h >= FAULT ? 60 : 0);
    for (const found of delays(changed)) expect(found).toEqual([{ kind: 'anomaly', after: 5 }]);
  });
});

describe('a counter', () => {
  const counter = (pace: (h: number, normal: () => number) => number): Value => {
    let total = 1_000;
    return (h, normal) => {
      if (h === 0) total = 1_000;
      total += Math.max(0, pace(h, normal));
      return total;
    };
  };
  const usual = (_: number, normal: () => number) => 1 + 0.3 * normal();

  it('is judged by what it went up by: standing still, four times as fast, one wrong reading', {
    timeout: 30_000,
  }, () => {
    expect(
      delays(
        counter((h, n) => (h < FAULT ? usual(h, n) : 0)),
        'counter',
      ),
    ).toEqual([[{ kind: 'stuck', after: 6 }], [{ kind: 'stuck', after: 6 }]]);
    const fast = counter((h, n) => usual(h, n) * (h < FAULT ? 1 : 4));
    for (const found of delays(fast, 'counter')) expect(found).toEqual([{ kind: 'anomaly', after: 5 }]);
    const steady = counter(usual);
    const glitch: Value = (h, n) => (Math.abs(h - FAULT - 2.5) < 0.01 ? 0 * steady(h, n) : steady(h, n));
    for (const found of delays(glitch, 'counter')) expect(found).toEqual([{ kind: 'spike', after: 3 }]);
  });

  it('may stand still every night and every weekend', () => {
    const sleeper = counter((h, n) => (isWorkday(h) && h % 24 > 7 && h % 24 < 19 ? Math.round(3 + n()) : 0));
    expect(delays(sleeper, 'counter')).toEqual([[], []]);
  });
});

describe('the verdict', () => {
  it('does not depend on the unit: any scale and shift of the readings gives the same findings', {
    timeout: 60_000,
  }, () => {
    const shapes = faulty.map(([, value]) => value);
    fc.assert(
      fc.property(
        fc.constantFrom(...shapes),
        fc.integer({ min: 1, max: 99 }),
        fc.constantFrom(0.01, 0.3048, 1.8, 1000),
        fc.constantFrom(-273.15, 0, 32, 5_000),
        (value, seed, factor, shift) => {
          const faults: Value = (h, normal) => {
            const v = value(h, normal);
            if (Math.abs(h - FAULT - 2.5) < 0.01) return v + 900;
            return h >= FAULT + 10 && h < FAULT + 18 ? v + 300 : v;
          };
          const readings = readingsOf(DAYS, seed, faults);
          const said = (list: typeof readings) =>
            watch(list).findings.map(({ kind, since, closedAt, foundAt }) => ({ kind, since, closedAt, foundAt }));
          expect(said(readings.map(({ t, v }) => ({ t, v: v * factor + shift })))).toEqual(said(readings));
        },
      ),
      { numRuns: 6, seed: 4 },
    );
  });
});
