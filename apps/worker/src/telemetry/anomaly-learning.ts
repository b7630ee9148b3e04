import type { Tx } from '@muster/persistence/database';
import type { FindingRow } from '@muster/persistence/telemetry/anomaly.store';
import { baselineStore, type Learned, type LookedSeries } from '@muster/persistence/telemetry/baseline.store';
import { settle } from '@muster/telemetry/anomaly-finding';
import { type Baseline, HISTORY_DAYS, learnBaseline } from '@muster/telemetry/baseline';
import { historyOf, isNewNormal, learnsFrom, learnsNext } from '@muster/telemetry/baseline-plan';
import { type DailyMedians, dailyMedians, judgeDrift, LEAST_PEERS } from '@muster/telemetry/judge-series-drift';
import { labelOf } from './anomaly-labels.js';

/** Series learned with one read: each brings five weeks of hours. */
const AT_ONCE = 50;
const MOST_PEERS = 15;

/** A series with its newest hour and what was found of it. */
export interface Student {
  readonly series: LookedSeries;
  readonly head: number;
  readonly findings: readonly (FindingRow & { id: string })[];
}

/**
 * Learns what is usual for series anew, and looks for drift, which only days show. Returns changed findings, and the baselines
 * by the place of their student. What is open now is not learned: the baseline stays as it was when the trouble began.
 */
export async function learnSeries(
  tx: Tx,
  students: readonly Student[],
): Promise<{ baselines: (Baseline | null)[]; changed: FindingRow[] }> {
  const baselines: (Baseline | null)[] = [];
  const changed: FindingRow[] = [];
  for (let at = 0; at < students.length; at += AT_ONCE) {
    const some = students.slice(at, at + AT_ONCE);
    const wishes = some.map(({ series, head }) => ({
      ...series,
      from: learnsFrom(head),
      to: head,
      most: (HISTORY_DAYS + 2) * 24,
    }));
    const lists = await baselineStore.hours(tx, wishes);
    const learned: (Learned & { keep: boolean })[] = [];
    for (const [i, { series, head, findings }] of some.entries()) {
      const hours = lists[i]!;
      const trouble = findings.map(({ kind, since, closedAt }) => ({ kind, from: since, until: closedAt }));
      const lasting = findings.filter(({ kind, closedAt }) => kind !== 'spike' && closedAt === null);
      const over = lasting.filter(({ since }) => isNewNormal({ from: since, until: null }, head));
      for (const one of over) changed.push({ ...one, closedAt: head });
      const keep = lasting.length > over.length;
      const history = historyOf(hours, head, trouble);
      const known = series.profile as Baseline | null;
      const baseline = keep && known !== null ? known : learnBaseline(history, series.kind);
      const days = series.kind === 'gauge' && baseline !== null ? dailyMedians(hours, series.kind) : null;
      const nextAt = learnsNext(head, history.length, baseline !== null, spreadOf(series));
      learned.push({ ...series, nextAt, profile: keep ? null : baseline, days, keep });
      baselines.push(baseline);
      if (days !== null && baseline !== null) {
        const drift = await lookForDrift(
          tx,
          series,
          days,
          baseline,
          findings.filter((one) => !over.includes(one)),
        );
        if (drift !== null) changed.push(drift);
      }
    }
    await baselineStore.learn(tx, learned);
  }
  return { baselines, changed };
}

async function lookForDrift(
  tx: Tx,
  series: LookedSeries,
  days: DailyMedians,
  baseline: Baseline,
  findings: Student['findings'],
): Promise<FindingRow | null> {
  const open = findings.find(({ kind, closedAt }) => kind === 'drift' && closedAt === null) ?? null;
  // While something else lasts, the days say nothing of slow ways.
  if (open === null && findings.some(({ kind, closedAt }) => kind !== 'spike' && closedAt === null)) return null;
  const peers = (await baselineStore.peers(tx, series, LEAST_PEERS, MOST_PEERS)) as DailyMedians[];
  const verdict = judgeDrift(days, peers, baseline, open, { name: labelOf(series), unit: series.unit });
  const settled = settle(open, verdict);
  if (settled === null || (open !== null && settled.sentence === open.sentence && settled.closedAt === open.closedAt))
    return null;
  return { ...settled, id: open?.id ?? null, ...keyOf(series) };
}

export const keyOf = ({ tenant, deviceKey, placeId, metric }: LookedSeries) => ({ tenant, deviceKey, placeId, metric });

/** From 0 to 1, the same for the same series. */
const spreadOf = ({ deviceKey, placeId, metric }: LookedSeries): number =>
  ((deviceKey * 31 + placeId * 17 + metric * 7) % 97) / 97;
