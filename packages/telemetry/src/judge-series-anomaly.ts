import { type Finding, unclear, type Verdict } from './anomaly-finding.js';
import { count, say, withUnit } from './anomaly-words.js';
import { type Baseline, centreAt, departure, HOUR_MS, type HourFact, hourlyValue, isLively } from './baseline.js';
import { median } from './baseline-statistics.js';
import { type SeriesName, stillRun } from './judge-series-stuck.js';

/** This many hours, with one exception, are consistent. */
const PERSISTENT = 6;
/** This many are, when another metric of the same asset departs as well. */
const SUPPORTED = 3;
/** Hours older than this are another story. */
const SPAN_MS = 24 * HOUR_MS;
/** A finding ends when the series is clearly inside, not when it touches the limit. */
const INSIDE = 0.6;

/** Names of other metrics of the asset that depart in the hours up to `t`. */
export type Support = (t: number) => readonly string[];

/**
 * Whether the series is consistently unlike its baseline at hour `i` while its readings change as readings do: then it is the
 * asset that changed. Readings outside the physical range never come here; they are in no rollup.
 */
export function judgeAnomaly(
  baseline: Baseline,
  hours: readonly HourFact[],
  i: number,
  open: Finding | null,
  { name, unit }: SeriesName,
  support: Support,
): Verdict {
  const hour = hours[i]!;
  const { kind, limit, days } = baseline;
  const recent = hours
    .slice(Math.max(0, i - PERSISTENT + 1), i + 1)
    .filter(({ t }) => t > hour.t - SPAN_MS)
    .flatMap((one) => {
      const value = hourlyValue(one, kind);
      return value === null ? [] : [{ t: one.t, value, z: departure(baseline, one.t, value) }];
    });
  const newest = recent.at(-1);
  if (newest === undefined || newest.t !== hour.t) return unclear;
  const unlike = (one: { z: number }) => Math.abs(one.z) >= limit && Math.sign(one.z) === Math.sign(newest.z);
  const others = unlike(newest) ? support(hour.t) : [];
  const persistent = recent.length >= PERSISTENT - 1 && recent.filter(unlike).length >= PERSISTENT - 1;
  const supported = others.length > 0 && recent.length >= SUPPORTED && recent.slice(-SUPPORTED).every(unlike);
  const frozen = stillRun(hours, i, kind).reduce((n, { t }) => n + isLively(baseline.still.lively, t), 0);
  const changes = 2 * frozen <= recent.length || others.length > 0;
  const opens = unlike(newest) && changes && (persistent || supported);
  const goesOn = open !== null && Math.abs(newest.z) >= INSIDE * limit;
  if (!opens && !goesOn) return hasBeenInside(baseline, hours, i) ? { state: 'normal', at: hour.t + HOUR_MS } : unclear;
  const out = recent.filter(unlike);
  const since = Math.min(open?.since ?? Number.POSITIVE_INFINITY, (out[0] ?? newest).t);
  const until = hour.t + HOUR_MS;
  const told = out.length > 0 ? out : [newest];
  const observed = median(told.map(({ value }) => value));
  const expected = median(told.map(({ t }) => centreAt(baseline, t)));
  const score = median(told.map(({ z }) => z));
  const what = kind === 'counter' ? 'went up by' : 'was';
  const also =
    others.length > 0 ? `; ${others.slice(0, 3).join(', ')} ${others.length === 1 ? 'departs' : 'depart'} as well` : '';
  return {
    state: 'present',
    finding: {
      kind: 'anomaly',
      since,
      lastSeenAt: until,
      score,
      observed,
      expected,
      sentence:
        `${name} ${what} ${withUnit(say(observed), unit)}${kind === 'counter' ? ' an hour' : ''} for ` +
        `${count(Math.round((until - since) / HOUR_MS), 'hour')} where ${say(expected)} is usual by ${count(days, 'day')} before ` +
        `(${say(Math.abs(score))} robust deviations)${also}`,
    },
  };
}

/** For a whole day, so that what shows at night only does not come and go. */
function hasBeenInside(baseline: Baseline, hours: readonly HourFact[], i: number): boolean {
  const day = hours.slice(0, i + 1).filter(({ t }) => t > hours[i]!.t - SPAN_MS);
  const inside = (hour: HourFact) => {
    const value = hourlyValue(hour, baseline.kind);
    return value === null || Math.abs(departure(baseline, hour.t, value)) < INSIDE * baseline.limit;
  };
  return hours[0]!.t <= hours[i]!.t - SPAN_MS + HOUR_MS && day.every(inside);
}
