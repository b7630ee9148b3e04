import { type Finding, unclear, type Verdict } from './anomaly-finding.js';
import { count, say, withUnit } from './anomaly-words.js';
import { type Baseline, HOUR_MS, type HourFact, hourlyValue } from './baseline.js';
import { mannKendall, median, resolutionOf, sigmaAround, sigmaOf, theilSen } from './baseline-statistics.js';
import type { SeriesName } from './judge-series-stuck.js';

const DAY_MS = 24 * HOUR_MS;
export const DRIFT_DAYS = 28;
const LEAST_DAYS = 10;
/** A fast slide shows here first: what was before it says nothing of a trend. */
const SHORT_DAYS = 14;
const LEAST_HOURS = 12;
/** Fewer like it cannot tell a sensor from a season. */
export const LEAST_PEERS = 3;
const CHANCE_SIGMAS = 4;

/** Daily medians; `from` is a day number since the epoch. */
export interface DailyMedians {
  readonly from: number;
  readonly values: readonly (number | null)[];
}

/** Medians of the last whole days of `hours`, which are in time order. Days with less than half of their hours are null. */
export function dailyMedians(hours: readonly HourFact[], kind: Baseline['kind']): DailyMedians {
  const until = Math.floor(((hours.at(-1)?.t ?? 0) + HOUR_MS) / DAY_MS);
  const from = until - DRIFT_DAYS;
  const byDay = Array.from({ length: DRIFT_DAYS }, (): number[] => []);
  for (const hour of hours) {
    const value = hourlyValue(hour, kind);
    if (value !== null) byDay[Math.floor(hour.t / DAY_MS) - from]?.push(value);
  }
  return {
    from,
    values: byDay.map((list) => (list.length < LEAST_HOURS ? null : Number(median(list).toPrecision(12)))),
  };
}

/**
 * Whether a sensor moves away slowly while those like it stay. What the peers have in common is taken off first, so weather and
 * seasons cancel; without peers nothing is said.
 */
export function judgeDrift(
  own: DailyMedians,
  peers: readonly DailyMedians[],
  baseline: Pick<Baseline, 'scale'>,
  open: Finding | null,
  { name, unit }: SeriesName,
): Verdict {
  const moves = peers.map((peer) => around(peer, own.from)).filter((move) => move.some((value) => value !== null));
  if (moves.length < LEAST_PEERS) return unclear;
  const left = own.values.map((value, day) => {
    const there = moves.flatMap((move) => move[day] ?? []);
    return value === null || there.length < LEAST_PEERS ? null : value - median(there);
  });
  const present = left.flatMap((value, day) => (value === null ? [] : [{ day, value }]));
  if (present.length < LEAST_DAYS) return unclear;
  const values = present.map(({ value }) => value);
  const now = median(values.slice(-3));
  const start = open?.expected ?? median(values.slice(0, Math.ceil(values.length / 3)));
  const noise = sigmaOf(values.slice(1).map((value, i) => value - values[i]!)) / Math.SQRT2;
  const peerSpread = sigmaAround(moves.map(changeOf));
  const least = Math.max(4 * noise, 1.5 * median([...baseline.scale]), 2 * resolutionOf(values), 4 * peerSpread);
  const until = (own.from + present.at(-1)!.day + 1) * DAY_MS;
  const change = now - start;
  const slope = theilSen(left.slice(present[0]!.day));
  if (open !== null) {
    if (Math.abs(change) < least / 2) return { state: 'normal', at: until };
  } else {
    const trends = [mannKendall(values), mannKendall(values.slice(-SHORT_DAYS))];
    const trend = trends.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
    if (Math.abs(trend) < CHANCE_SIGMAS || Math.sign(trend) !== Math.sign(change) || Math.abs(change) < least)
      return unclear;
    if (!slides(values)) return unclear;
  }
  const since = open?.since ?? (own.from + present[hinge(values).at]!.day) * DAY_MS;
  const days = Math.max(1, Math.round((until - since) / DAY_MS));
  return {
    state: 'present',
    finding: {
      kind: 'drift',
      since,
      lastSeenAt: until,
      score: change / Math.max(noise, least / 4),
      observed: now,
      expected: start,
      sentence:
        `${name} moved slowly from ${say(start)} to ${withUnit(say(now), unit)} in ${count(days, 'day')} ` +
        `(${slope < 0 ? '' : '+'}${say(slope)} a day) while ${moves.length} like it stayed within ${say(2 * peerSpread)}`,
    },
  };
}

/** Deviations from its own median, on the days of another. */
function around({ from, values }: DailyMedians, start: number): (number | null)[] {
  const there = values.filter((value) => value !== null);
  if (there.length < LEAST_DAYS) return [];
  const middle = median(there);
  return Array.from({ length: DRIFT_DAYS }, (_, day) => {
    const value = values[start + day - from] ?? null;
    return value === null ? null : value - middle;
  });
}

const changeOf = (values: readonly (number | null)[]): number => {
  const there = values.filter((value) => value !== null);
  return median(there.slice(-3)) - median(there.slice(0, Math.ceil(there.length / 3)));
};

/** A line that bends once describes the days better than a step does: a step is a change of the asset or of its place. */
const slides = (values: readonly number[]): boolean => hinge(values).cost < stepCost(values);

function hinge(values: readonly number[]): { at: number; cost: number } {
  let best = { at: 0, cost: Number.POSITIVE_INFINITY };
  for (let at = 0; at <= values.length - 5; at++) {
    const slope = theilSen(values.slice(at));
    const flat = values.map((value, i) => value - slope * Math.max(0, i - at));
    const cost = costAround(flat);
    if (cost < best.cost) best = { at, cost };
  }
  return best;
}

function stepCost(values: readonly number[]): number {
  let best = Number.POSITIVE_INFINITY;
  for (let at = 2; at <= values.length - 2; at++)
    best = Math.min(best, costAround(values.slice(0, at)) + costAround(values.slice(at)));
  return best;
}

const costAround = (values: readonly number[]): number => {
  const middle = median(values);
  return values.reduce((sum, value) => sum + Math.abs(value - middle), 0);
};
