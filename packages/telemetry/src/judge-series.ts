import { type Finding, settle } from './anomaly-finding.js';
import { type Baseline, departure, HOUR_MS, type HourFact, hourlyValue } from './baseline.js';
import { judgeAnomaly, type Support } from './judge-series-anomaly.js';
import { type Spike, settleSpikes } from './judge-series-spikes.js';
import { judgeStuck, type SeriesName } from './judge-series-stuck.js';

/** One series under a closer look: some hours before, and those to be judged, from `from` on, in time order. */
export interface SeriesView extends SeriesName {
  readonly baseline: Baseline;
  readonly hours: readonly HourFact[];
  readonly from: number;
  readonly spikes: readonly Spike[];
  readonly support: Support;
}

/** Findings of a series that are open, at most one a kind. */
export type OpenFindings = Readonly<Partial<Record<Finding['kind'], Finding>>>;

/**
 * Judges hour by hour, so that a look which comes late finds what looks in time would have found. Returns the findings that
 * were opened or changed, closed ones included, in the order they happened; those that did not change are left out.
 */
export function judgeSeries(view: SeriesView, open: OpenFindings): Finding[] {
  const closed: Finding[] = [];
  const now: Partial<Record<Finding['kind'], Finding>> = { ...open };
  const take = (kind: Finding['kind'], finding: Finding | null) => {
    delete now[kind];
    if (finding === null) return;
    if (finding.closedAt === null) now[kind] = finding;
    else closed.push(finding);
  };
  const { baseline, hours, from, support } = view;
  for (const [i, hour] of hours.entries()) {
    if (hour.t < from) continue;
    const stuck = now.stuck ?? null;
    const asset = standsAside(view, i) && stuck === null;
    take('stuck', asset ? null : settle(stuck, judgeStuck(baseline, hours, i, stuck, view)));
    // What is stuck or drifts is unlike its baseline too; it is said once.
    if (now.stuck !== undefined || now.drift !== undefined) continue;
    const known = now.anomaly ?? null;
    take('anomaly', settle(known, judgeAnomaly(baseline, hours, i, known, view, support)));
  }
  const newest = hours.at(-1);
  if (newest) take('spike', settleSpikes(now.spike ?? null, view.spikes, newest.t + HOUR_MS, view));
  const changed = Object.values(now).filter((finding) => !same(finding, open[finding.kind]));
  return [...closed, ...changed];
}

/** Stands still far from where it usually is while others of its asset departed: it is switched off, not stuck. */
function standsAside({ baseline, hours, support }: SeriesView, i: number): boolean {
  const hour = hours[i]!;
  const value = hourlyValue(hour, baseline.kind);
  if (value === null || Math.abs(departure(baseline, hour.t, value)) < baseline.limit) return false;
  return support(hour.t).length > 0;
}

const same = (a: Finding, b: Finding | undefined): boolean =>
  b !== undefined &&
  a.since === b.since &&
  a.lastSeenAt === b.lastSeenAt &&
  a.closedAt === b.closedAt &&
  a.sentence === b.sentence;
