import type { MetricKind } from '@muster/contracts/telemetry/metrics.schema';
import {
  ascending,
  median,
  medianOfSorted,
  medianWithout,
  quantile,
  resolutionOf,
  sigmaOf,
} from './baseline-statistics.js';

export const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** One hour of a series as the hourly rollup has it; `t` is its start in ms since the epoch. */
export interface HourFact {
  readonly t: number;
  readonly n: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly first: number;
  readonly last: number;
  readonly delta: number | null;
  readonly resets: number;
}

/** What is usual for a series, learned from its own hours. Distances are in its own unit. */
export interface Baseline {
  readonly kind: MetricKind;
  /** How many days of history it was learned from. */
  readonly days: number;
  /** Usual value by hour: one for all, 24 by hour of day, or 168 by hour of week (UTC, from Thursday as the epoch has it). */
  readonly centre: readonly number[];
  /** Robust standard deviation, by hour of day where there is enough history, never below what the sensor can tell apart. */
  readonly scale: readonly number[];
  /** From how many robust standard deviations on an hour is unlike. */
  readonly limit: number;
  /** How far single readings may lie above and below `centre` before they are looked at. */
  readonly reach: readonly [up: number, down: number];
  readonly still: StillHabit;
}

/** How a series repeats itself when nothing is wrong. An hour is still when its value does not change. */
export interface StillHabit {
  /** Most still hours in a row at one value. */
  readonly longest: number;
  /** The same, counting only hours of day in which it usually moves. */
  readonly longestLively: number;
  readonly share: number;
  /** Bits of the hours of day in which it is still on less than one day of five. */
  readonly lively: number;
}

/** Less history than this says nothing: fewer hours, or a week that was not seen to its end. */
const LEAST_HOURS = 72;
export const LEAST_SPAN_HOURS = 167;
/** How far back a baseline looks. */
export const HISTORY_DAYS = 35;
const DAYS_FOR_WEEK = 26;
/** Values a state has at most: switches, modes and setpoints are not judged. */
const STATES = 3;
/** A series that moves in fewer of its hours is a setting. */
const LEAST_MOVING = 0.05;
export const LEAST_LIMIT = 5;
/** History that was this unlike itself once is allowed to be so again, and a quarter more. */
const TOLERANCE = 1.25;
const REACH_SIGMAS = 8;
const MOSTLY_MOVING = 0.2;

/** What an hour is judged by: the mean of a gauge, what a counter went up by. Null when there is none. */
export const hourlyValue = (hour: HourFact, kind: MetricKind): number | null =>
  kind === 'counter' ? hour.delta : hour.sum / hour.n;

/** Whether the series kept its value through an hour; `before` is the hour before, if there was one. */
export const isStill = (hour: HourFact, before: HourFact | undefined, kind: MetricKind): boolean => {
  if (kind === 'counter') return hour.delta === 0;
  return hour.min === hour.max && (hour.n > 1 || (before?.t === hour.t - HOUR_MS && before.last === hour.min));
};

export const hourOfDay = (t: number): number => Math.floor((t % DAY_MS) / HOUR_MS);
const binOf = (t: number, bins: number): number => Math.floor(t / HOUR_MS) % bins;

/** Learns from hours in time order. Null where nothing can be said: too little history, or a setting rather than a measurement. */
export function learnBaseline(hours: readonly HourFact[], kind: MetricKind): Baseline | null {
  const judged = hours.flatMap((hour) => {
    const value = hourlyValue(hour, kind);
    return value === null ? [] : [{ t: hour.t, value }];
  });
  if (judged.length < LEAST_HOURS || judged.at(-1)!.t - judged[0]!.t < LEAST_SPAN_HOURS * HOUR_MS) return null;
  const values = judged.map(({ value }) => value);
  const readings = kind === 'counter' ? values : hours.flatMap(({ min, max, last }) => [min, max, last]);
  if (new Set(readings).size <= STATES) return null;
  const habit = stillHabit(hours, kind);
  if (habit.share > 1 - LEAST_MOVING) return null;

  const sorted = ascending(values);
  const spread = (quantile(sorted, 0.95) - quantile(sorted, 0.05)) / 3.29;
  const floor = Math.max(resolutionOf(readings), 0.05 * spread, 1e-9 * Math.abs(medianOfSorted(sorted)));
  const days = Math.round((judged.at(-1)!.t - judged[0]!.t) / DAY_MS);
  const models = [model(judged, 1), model(judged, 24)];
  if (days >= DAYS_FOR_WEEK) models.push(model(judged, 168));
  // A finer model must pay for itself: what it was not shown it must foresee better.
  const best = models.reduce((a, b) => (b.error < 0.85 * a.error ? b : a));
  const scale = scales(best.residuals, best.centre.length > 1, floor);
  const known: Pick<Baseline, 'centre' | 'scale'> = {
    centre: best.centre.map((value) => Number(value.toPrecision(12))),
    scale: scale.map(brief),
  };
  const unlike = ascending(best.residuals.map(({ t, value }) => Math.abs(value) / scaleAt(known, t)));
  return {
    ...known,
    kind,
    days,
    limit: brief(Math.max(LEAST_LIMIT, TOLERANCE * quantile(unlike, 0.99))),
    reach: [reachOf(hours, known, kind, 1, floor), reachOf(hours, known, kind, -1, floor)],
    still: habit,
  };
}

interface Residual {
  readonly t: number;
  readonly value: number;
}

/** Medians by bin, and how far each value lies from the median of the others of its bin. */
function model(judged: readonly Residual[], bins: number) {
  const byBin = Array.from({ length: bins }, (): Residual[] => []);
  for (const one of judged) byBin[binOf(one.t, bins)]!.push(one);
  const whole = median(judged.map(({ value }) => value));
  const residuals: Residual[] = [];
  const centre = byBin.map((list) => {
    const ordered = list.toSorted((a, b) => a.value - b.value);
    const values = ordered.map(({ value }) => value);
    for (const [rank, { t, value }] of ordered.entries()) {
      const others = medianWithout(values, rank);
      residuals.push({ t, value: value - (Number.isNaN(others) ? whole : others) });
    }
    return values.length === 0 ? whole : medianOfSorted(values);
  });
  return { centre, residuals, error: sigmaOf(residuals.map(({ value }) => value)) };
}

/** A few values of one hour of day scatter by luck, so an hour is at least as wide as its neighbours taken together. */
function scales(residuals: readonly Residual[], byHour: boolean, floor: number): number[] {
  if (!byHour) return [Math.max(floor, sigmaOf(residuals.map(({ value }) => value)))];
  const byBin = Array.from({ length: 24 }, (): number[] => []);
  for (const { t, value } of residuals) byBin[hourOfDay(t)]!.push(value);
  return byBin.map((own, h) => {
    const around = [-2, -1, 0, 1, 2].flatMap((away) => byBin[(h + away + 24) % 24]!);
    return Math.max(floor, sigmaOf(own) || 0, sigmaOf(around) || 0);
  });
}

const scaleAt = ({ scale }: Pick<Baseline, 'scale'>, t: number): number => scale[binOf(t, scale.length)]!;

/** The usual value at `t`. */
export const centreAt = ({ centre }: Pick<Baseline, 'centre'>, t: number): number => centre[binOf(t, centre.length)]!;

/**
 * How far `value` at the hour `t` is from what is usual, in robust standard deviations, with its sign. An hour early or late is
 * not unusual: what follows local time is an hour off for half of the year.
 */
export function departure(baseline: Pick<Baseline, 'centre' | 'scale'>, t: number, value: number): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let scale = 0;
  for (const at of [t - HOUR_MS, t, t + HOUR_MS]) {
    const centre = centreAt(baseline, at);
    low = Math.min(low, centre);
    high = Math.max(high, centre);
    scale = Math.max(scale, scaleAt(baseline, at));
  }
  const away = value > high ? value - high : value < low ? value - low : 0;
  return away / scale;
}

/** Up to two hours of the history may have been worse: they may be what is looked for. */
function reachOf(
  hours: readonly HourFact[],
  known: Pick<Baseline, 'centre' | 'scale'>,
  kind: MetricKind,
  sign: 1 | -1,
  floor: number,
): number {
  if (kind === 'counter') return 0;
  const reaches = ascending(hours.map((hour) => sign * ((sign > 0 ? hour.max : hour.min) - centreAt(known, hour.t))));
  const usual = medianOfSorted(reaches);
  const sigma = Math.max(floor, sigmaOf(reaches.map((reach) => reach - usual)));
  return brief(Math.max(usual + REACH_SIGMAS * sigma, 1.5 * reaches[Math.max(0, reaches.length - 3)]!));
}

function stillHabit(hours: readonly HourFact[], kind: MetricKind): StillHabit {
  const seen = new Array<number>(24).fill(0);
  const stillAt = new Array<number>(24).fill(0);
  const still = hours.map((hour, i) => isStill(hour, hours[i - 1], kind));
  for (const [i, { t }] of hours.entries()) {
    seen[hourOfDay(t)]!++;
    if (still[i]) stillAt[hourOfDay(t)]!++;
  }
  let lively = 0;
  for (let h = 0; h < 24; h++) if (stillAt[h]! < MOSTLY_MOVING * seen[h]!) lively |= 1 << h;
  let [longest, longestLively, run, runLively] = [0, 0, 0, 0];
  for (const [i, { t }] of hours.entries()) {
    run = still[i] ? run + 1 : 0;
    runLively = still[i] ? runLively + isLively(lively, t) : 0;
    longest = Math.max(longest, run);
    longestLively = Math.max(longestLively, runLively);
  }
  return { longest, longestLively, share: brief(still.filter(Boolean).length / hours.length), lively };
}

/** 1 when the series usually moves at this hour of day, else 0. */
export const isLively = (lively: number, t: number): 0 | 1 => ((lively >> hourOfDay(t)) & 1) as 0 | 1;

/** Six digits are more than a median knows, and a third of the bytes. */
const brief = (value: number): number => Number(value.toPrecision(6));
