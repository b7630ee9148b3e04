import type { HourFact } from '@muster/telemetry/baseline';

const HOUR_MS = 3_600_000;
export const DAY_HOURS = 24;
/** A Monday. */
export const WORLD_START = Date.parse('2026-03-02T00:00:00Z');

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export const chanceFrom = (seed: number): (() => number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** Normally distributed numbers (Box and Muller 1958). */
export const normalFrom = (seed: number): (() => number) => {
  const chance = chanceFrom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
};

export interface WorldReading {
  readonly t: number;
  readonly v: number;
}

/** `days` of readings every ten minutes; `value` gets the hours since the start and chance of its own. */
export function readingsOf(
  days: number,
  seed: number,
  value: (h: number, normal: () => number) => number,
  stepMs = 600_000,
): WorldReading[] {
  const normal = normalFrom(seed);
  return Array.from({ length: (days * DAY_HOURS * HOUR_MS) / stepMs }, (_, i) => ({
    t: WORLD_START + i * stepMs,
    v: value((i * stepMs) / HOUR_MS, normal),
  }));
}

/** Hours as the rollup would make them. */
export function hoursOf(readings: readonly WorldReading[], kind: 'gauge' | 'counter' = 'gauge'): HourFact[] {
  const byHour = Map.groupBy(readings, ({ t }) => Math.floor(t / HOUR_MS) * HOUR_MS);
  let previous: number | null = null;
  return [...byHour].map(([t, list]) => {
    const values = list.map(({ v }) => v);
    let delta = 0;
    let resets = 0;
    for (const v of values) {
      if (previous !== null && v < previous) {
        resets++;
        delta += v;
      } else if (previous !== null) delta += v - previous;
      previous = v;
    }
    return {
      t,
      n: values.length,
      sum: values.reduce((a, b) => a + b, 0),
      min: Math.min(...values),
      max: Math.max(...values),
      first: values[0]!,
      last: values.at(-1)!,
      delta: kind === 'counter' ? delta : null,
      resets,
    };
  });
}
