import type { Finding } from '@muster/telemetry/anomaly-finding';
import { type Baseline, learnBaseline } from '@muster/telemetry/baseline';
import { historyOf, learnsNext } from '@muster/telemetry/baseline-plan';
import { judgeSeries } from '@muster/telemetry/judge-series';
import { screenHour } from '@muster/telemetry/judge-series-screen';
import { findSpikes } from '@muster/telemetry/judge-series-spikes';
import { hoursOf, type WorldReading } from './series-world.js';

const HOUR_MS = 3_600_000;

export interface Watched {
  readonly findings: readonly (Finding & { readonly foundAt: number })[];
  readonly judgedHours: number;
}

/**
 * Lives through a series hour by hour as the worker does: learns once a day, screens each hour, and looks closer where something
 * is suspect. Findings carry the end of the hour in which they were opened.
 */
export function watch(
  readings: readonly WorldReading[],
  {
    kind = 'gauge' as 'gauge' | 'counter',
    support = (_: number): readonly string[] => [],
    unit = null as string | null,
  } = {},
): Watched {
  const hours = hoursOf(readings, kind);
  const all: (Finding & { foundAt: number })[] = [];
  let baseline: Baseline | null = null;
  let next = 0;
  let judgedHours = 0;
  for (const [i, hour] of hours.entries()) {
    const open = Object.fromEntries(all.filter(({ closedAt }) => closedAt === null).map((one) => [one.kind, one]));
    if (hour.t >= next) {
      const trouble = all.map(({ kind, since, closedAt }) => ({ kind, from: since, until: closedAt }));
      const history = historyOf(hours.slice(0, i + 1), hour.t, trouble);
      if (trouble.every(({ kind, until }) => kind === 'spike' || until !== null))
        baseline = learnBaseline(history, kind);
      next = learnsNext(hour.t, history.length, baseline !== null, 0);
    }
    if (baseline === null) continue;
    judgedHours++;
    const suspicion = screenHour(baseline, hour, hours[i - 1]);
    const before = i > 0 ? screenHour(baseline, hours[i - 1]!, hours[i - 2]) : suspicion;
    const spiky = suspicion.spiky || before.spiky;
    if (!suspicion.unlike && !suspicion.still && !spiky && Object.keys(open).length === 0) continue;
    const near = readings.filter(({ t }) => t >= hour.t - 7 * HOUR_MS && t < hour.t + HOUR_MS);
    const view = {
      baseline,
      hours: hours.slice(Math.max(0, i - 200), i + 1),
      from: hour.t,
      spikes: spiky ? findSpikes(baseline, near).filter(({ at }) => at >= hour.t - HOUR_MS) : [],
      support,
      name: 'value',
      unit,
    };
    for (const finding of judgeSeries(view, open)) {
      const known = all.findIndex((one) => one.closedAt === null && one.kind === finding.kind);
      if (known >= 0) all[known] = { ...finding, foundAt: all[known]!.foundAt };
      else all.push({ ...finding, foundAt: hour.t + HOUR_MS });
    }
  }
  return { findings: all, judgedHours };
}
