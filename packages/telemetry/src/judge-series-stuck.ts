import { type Finding, unclear, type Verdict } from './anomaly-finding.js';
import { count, sayExactly, withUnit } from './anomaly-words.js';
import { type Baseline, HOUR_MS, type HourFact, hourlyValue, isLively, isStill } from './baseline.js';
import { asksSlowly } from './judge-series-screen.js';

/** Shorter than this is never said. */
const LEAST_RUN = 6;
/** A series that stands still in most of its hours says nothing by doing so. */
const MOSTLY_STILL = 0.5;
const MOVING_AGAIN = 3;

export interface SeriesName {
  readonly name: string;
  readonly unit: string | null;
}

/** The hours up to `i` that repeat one value, newest last. */
export function stillRun(hours: readonly HourFact[], i: number, kind: Baseline['kind']): readonly HourFact[] {
  let from = i + 1;
  while (
    from > 0 &&
    isStill(hours[from - 1]!, hours[from - 2], kind) &&
    (kind === 'counter' || hours[from - 1]!.last === hours[i]!.last)
  )
    from--;
  return hours.slice(from, i + 1);
}

/**
 * Whether the sensor repeats itself at hour `i` though it used to vary: longer than twice the longest time in its own
 * history, counted over hours of day in which it usually moves, so that a panel at night or a meter at the weekend is none.
 */
export function judgeStuck(
  baseline: Baseline,
  hours: readonly HourFact[],
  i: number,
  open: Finding | null,
  { name, unit }: SeriesName,
): Verdict {
  const { kind, still, days } = baseline;
  const hour = hours[i]!;
  const run = stillRun(hours, i, kind);
  const lively = run.reduce((n, { t }) => n + isLively(still.lively, t), 0);
  const quick = lively >= Math.max(LEAST_RUN, 2 * still.longestLively + 1);
  const slow =
    asksSlowly(hour.t) && still.share <= MOSTLY_STILL && run.length >= Math.max(LEAST_RUN, 2 * still.longest + 3);
  const goesOn = open !== null && run.length > 0 && (kind === 'counter' || open.observed === hour.last);
  if (!quick && !slow && !goesOn) {
    const last = hours.slice(Math.max(0, i - MOVING_AGAIN + 1), i + 1);
    const moving = last.filter((one) => stillRun(hours, hours.indexOf(one), kind).length === 0).length;
    return moving >= MOVING_AGAIN - 1 ? { state: 'normal', at: hour.t + HOUR_MS } : unclear;
  }
  const since = Math.min(open?.since ?? Number.POSITIVE_INFINITY, run[0]!.t);
  const until = hour.t + HOUR_MS;
  const h = Math.round((until - since) / HOUR_MS);
  const said = kind === 'counter' ? 'has not moved' : `has read exactly ${withUnit(sayExactly(hour.last), unit)}`;
  const usual =
    still.longest === 0
      ? 'never kept a value for an hour'
      : `never kept a value for more than ${count(still.longest, 'hour')}`;
  return {
    state: 'present',
    finding: {
      kind: 'stuck',
      since,
      lastSeenAt: until,
      score: null,
      observed: kind === 'counter' ? hourlyValue(hour, kind) : hour.last,
      expected: null,
      sentence: `${name} ${said} for ${count(h, 'hour')}; in ${count(days, 'day')} before it ${usual}`,
    },
  };
}
