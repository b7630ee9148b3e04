import type { Tx } from '@muster/persistence/database';
import type { FindingRow } from '@muster/persistence/telemetry/anomaly.store';
import { baselineStore, type HourRow, type LookedSeries } from '@muster/persistence/telemetry/baseline.store';
import { type Baseline, departure, HOUR_MS, hourlyValue } from '@muster/telemetry/baseline';
import { judgeSeries, type OpenFindings } from '@muster/telemetry/judge-series';
import { hoursNeeded } from '@muster/telemetry/judge-series-screen';
import { findSpikes, type Spike } from '@muster/telemetry/judge-series-spikes';
import { labelOf } from './anomaly-labels.js';
import { keyOf } from './anomaly-learning.js';

/** A series that may be looked at closer: the hours from `from` to `head` are judged. */
export interface Candidate {
  readonly series: LookedSeries;
  readonly baseline: Baseline;
  readonly from: number;
  readonly head: number;
  readonly findings: readonly FindingRow[];
  readonly unlike: boolean;
  readonly suspect: boolean;
  readonly spiky: readonly HourRow[];
}

/** Metrics beside a suspect that are read to see whether they depart as well. */
const MOST_BESIDE = 40;
/** Hours with suspect single readings that are looked into, the newest. */
const MOST_SPIKY = 5;
/** Fewer readings in an hour than this need more hours around them. */
const DENSE = 6;

/** Judges the candidates in `suspected` (their places in the list); returns findings that are new or changed. */
export async function lookCloser(
  tx: Tx,
  candidates: readonly Candidate[],
  suspected: ReadonlySet<number>,
): Promise<FindingRow[]> {
  if (suspected.size === 0) return [];
  const placeOf = ({ series }: Candidate) => `${series.deviceKey}/${series.placeId}`;
  const places = new Set(
    [...suspected].filter((i) => needsSupport(candidates[i]!)).map((i) => placeOf(candidates[i]!)),
  );
  const beside = [...Map.groupBy([...candidates.keys()], (i) => placeOf(candidates[i]!))]
    .filter(([place]) => places.has(place))
    .flatMap(([, list]) => list.slice(0, MOST_BESIDE));
  const wanted = [...new Set([...suspected, ...beside])];
  const lists = await baselineStore.hours(
    tx,
    wanted.map((i) => {
      const { series, baseline, from, head } = candidates[i]!;
      const most = hoursNeeded(baseline) + Math.round((head - from) / HOUR_MS) + 1;
      // Sparse series reach further back; two weeks are enough for any rule.
      return { ...series, from: from - 14 * 24 * HOUR_MS, to: head, most };
    }),
  );
  const hoursOf = new Map(wanted.map((i, n) => [i, lists[n]!]));
  const changed: FindingRow[] = [];
  for (const i of suspected) {
    const candidate = candidates[i]!;
    const neighbours = beside.filter((j) => j !== i && placeOf(candidates[j]!) === placeOf(candidate));
    const support = (t: number) =>
      neighbours
        .filter((j) => departs(candidates[j]!.baseline, hoursOf.get(j)!, t))
        .map((j) => candidates[j]!.series.key);
    const spikes = await spikesOf(tx, candidate);
    changed.push(...judge(candidate, hoursOf.get(i)!, spikes, support));
  }
  return changed;
}

const needsSupport = ({ unlike, findings }: Candidate): boolean =>
  unlike || findings.some(({ kind, closedAt }) => closedAt === null && kind === 'anomaly');

/** In two of the three hours up to `t`. */
function departs(baseline: Baseline, hours: readonly HourRow[], t: number): boolean {
  const recent = hours.filter((hour) => hour.t <= t && hour.t > t - 3 * HOUR_MS);
  const out = recent.filter((hour) => {
    const value = hourlyValue(hour, baseline.kind);
    return value !== null && Math.abs(departure(baseline, hour.t, value)) >= baseline.limit;
  });
  return out.length >= 2;
}

async function spikesOf(tx: Tx, { series, baseline, spiky, head }: Candidate): Promise<Spike[]> {
  const spikes: Spike[] = [];
  for (const { t, n } of spiky.slice(-MOST_SPIKY)) {
    const around = (n >= DENSE ? 1 : 7) * HOUR_MS;
    const until = Math.max(t + HOUR_MS + around, head + HOUR_MS);
    const readings = await baselineStore.readings(tx, series, t - around, Math.min(until, t + 8 * HOUR_MS));
    spikes.push(...findSpikes(baseline, readings).filter(({ at }) => at >= t && at < t + HOUR_MS));
  }
  return spikes;
}

function judge(
  { series, baseline, from, findings }: Candidate,
  hours: readonly HourRow[],
  spikes: readonly Spike[],
  support: (t: number) => readonly string[],
): FindingRow[] {
  const open: OpenFindings = Object.fromEntries(
    findings.filter(({ closedAt }) => closedAt === null).map((one) => [one.kind, one]),
  );
  const view = { baseline, hours, from, spikes, support, name: labelOf(series), unit: series.unit };
  const before = findings.filter(({ closedAt }) => closedAt !== null);
  return judgeSeries(view, open).flatMap((finding) => {
    const known = open[finding.kind] as FindingRow | undefined;
    // One that ended in this look may be followed by another of its kind.
    const id = known !== undefined && finding.since <= known.since ? known.id : null;
    // An hour that changed late is judged again; what was found and ended there is known.
    const again = id === null && before.some((one) => one.kind === finding.kind && finding.since < one.closedAt!);
    return again ? [] : [{ ...finding, id, ...keyOf(series) }];
  });
}
