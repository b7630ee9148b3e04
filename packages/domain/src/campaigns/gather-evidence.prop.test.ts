import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Beats,
  countBeats,
  gatherEvidence,
  installTimes,
  type Observed,
  rateOf,
  type Span,
} from './gather-evidence.js';

const start = new Date('2026-01-01T00:00:00.000Z');
const at = (seconds: number): Date => new Date(start.getTime() + seconds * 1000);
const span = (seconds: number, intervalS = 60): Span => ({ from: start, to: at(seconds), intervalS });

/** The statement's own arithmetic, over heartbeats at these seconds. */
const beatsAt = (seconds: readonly number[], errors = 0, intervalS = 60): Beats => {
  const sorted = seconds.toSorted((a, b) => a - b);
  const between = sorted
    .slice(1)
    .reduce((sum, s, i) => sum + Math.max(0, Math.floor((s - sorted[i]!) / intervalS - 0.5)), 0);
  const [first, last] = [sorted.at(0), sorted.at(-1)];
  return {
    beats: sorted.length,
    errors,
    between,
    first: first === undefined ? null : at(first),
    last: last === undefined ? null : at(last),
  };
};

describe('heartbeats that were due', () => {
  it('are all there for a device that is heard every interval, whatever its phase and jitter', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.array(fc.double({ min: -0.2, max: 0.2, noNaN: true }), { minLength: 1, maxLength: 60 }),
        (phase, jitters) => {
          const beats = jitters.map((jitter, i) => Math.max(0, (i + phase + jitter) * 60));
          expect(countBeats(beatsAt(beats), span(jitters.length * 60)).bad).toBe(0);
        },
      ),
    );
  });

  it('are missing for as long as a device is silent, at the start, in the middle and at the end', () => {
    const minutes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((minute) => minute * 60 + 30);
    const without = (...gone: number[]) => minutes.filter((_, i) => !gone.includes(i));
    for (const gone of [
      [0, 1, 2],
      [4, 5, 6],
      [7, 8, 9],
    ])
      expect(countBeats(beatsAt(without(...gone)), span(600))).toEqual({ due: 10, bad: 3 });
    expect(rateOf(countBeats(beatsAt([]), span(600)))).toBe(1);
  });

  it('count as bad when they say so, and reconnecting often makes up for nothing', () => {
    expect(rateOf(countBeats(beatsAt([30, 90, 150, 210], 4), span(240)))).toBe(1);
    const flapping = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect(countBeats(beatsAt(flapping), span(600)).bad).toBe(9);
  });

  it('are none before the first of a past, for the device may not have existed', () => {
    expect(countBeats(beatsAt([540, 599]), span(600), true)).toEqual({ due: 2, bad: 0 });
    expect(countBeats(beatsAt([]), span(86_400), true)).toEqual({ due: 0, bad: 0 });
  });

  it('say nothing while there are fewer than three', () => {
    expect(rateOf({ due: 2, bad: 2 })).toBe(null);
    expect(rateOf({ due: 3, bad: 1 })).toBeCloseTo(1 / 3);
  });
});

const device = (now: number | null, past: number | null, metric: number | null = null): Observed => ({
  due: 10,
  bad: now === null ? 0 : now * 10,
  now,
  past,
  metrics: [{ now: metric, past: metric === null ? null : metric - 1 }],
});
const gather = (updated: Observed[], control: Observed[]) =>
  gatherEvidence({ asOf: start, updated, control, metrics: ['temperature_c'], installs: null });

describe('evidence', () => {
  it('compares each device with itself, and leaves those without a past out of that alone', () => {
    const { rates, devices, expected, errors } = gather([device(0.2, 0.1), device(0.4, null), device(null, 0)], []);
    expect([devices, expected, errors]).toEqual([3, 30, 6]);
    expect(rates).toMatchObject({
      updated: { n: 2 },
      baseline: { n: 1, mean: 0.1 },
      change: { n: 1, mean: 0.1 },
      control: null,
    });
    expect(rates!.updated.mean).toBeCloseTo(0.3);
  });

  it('has no rates while nobody was long enough in service, and no metric that nobody reports', () => {
    expect(gather([device(null, 0)], [device(0, 0)])).toMatchObject({ rates: null, metrics: [] });
    expect(gather([device(0, 0, 20)], []).metrics).toMatchObject([{ metric: 'temperature_c', change: { mean: 1 } }]);
  });

  it('is the same in whichever order devices are read', () => {
    const any = fc.array(fc.tuple(fc.constantFrom(0, 0.25, 0.5), fc.constantFrom(0, 0.5)), {
      minLength: 2,
      maxLength: 20,
    });
    fc.assert(
      fc.property(any, (pairs) => {
        const devices = pairs.map(([now, past]) => device(now, past));
        const [one, other] = [gather(devices, devices), gather(devices.toReversed(), devices)];
        expect(other.rates!.change!.mean).toBeCloseTo(one.rates!.change!.mean);
        expect(other.rates!.change!.variance).toBeCloseTo(one.rates!.change!.variance);
      }),
    );
  });
});

describe('install times', () => {
  const took = (seconds: number) => ({ acceptedAt: start, bootedAt: at(seconds) });

  it('are what nine of ten stay below', () => {
    expect(installTimes([10, 20, 30, 40, 50, 60, 70, 80, 90, 900].map(took), 100, at(1000))).toEqual({
      n: 10,
      p90S: 90,
      slow: 1,
    });
  });

  it('count a device that is still under way as soon as it is slower than the limit', () => {
    const rows = [took(10), { acceptedAt: start, bootedAt: null }];
    expect(installTimes(rows, 100, at(50))).toMatchObject({ n: 1, slow: 0 });
    expect(installTimes(rows, 100, at(150))).toMatchObject({ n: 2, slow: 1, p90S: 150 });
    expect(installTimes([], 100, at(150))).toBe(null);
  });

  it('forgive who was slow before somebody took responsibility, and nobody after', () => {
    const rows = [took(10), took(900), { acceptedAt: at(2000), bootedAt: at(2900) }];
    expect(installTimes(rows, 100, at(3000), at(1000))).toEqual({ n: 2, p90S: 900, slow: 1 });
    expect(installTimes(rows.slice(0, 2), 100, at(3000), at(1000))).toEqual({ n: 1, p90S: 10, slow: 0 });
  });
});
