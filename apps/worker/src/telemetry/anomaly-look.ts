import { suspects } from '@muster/contracts/telemetry/anomalies.schema';
import { Database, type Tx } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { anomalyStore, type FindingRow } from '@muster/persistence/telemetry/anomaly.store';
import {
  baselineStore,
  type HourRow,
  type Look,
  type LookedSeries,
} from '@muster/persistence/telemetry/baseline.store';
import { sentenceWithoutValues } from '@muster/telemetry/anomaly-words';
import { type Baseline, HOUR_MS } from '@muster/telemetry/baseline';
import { learnsFrom } from '@muster/telemetry/baseline-plan';
import { screenHour } from '@muster/telemetry/judge-series-screen';
import { Injectable } from '@nestjs/common';
import { type Candidate, lookCloser } from './anomaly-closer-look.js';
import { labelOf } from './anomaly-labels.js';
import { learnSeries } from './anomaly-learning.js';

/** Devices in one transaction. Their rollup waits while it lasts, so it is short. */
export const DEVICES = 25;
/** Baselines learned in one transaction; devices with more of them stay in line and go on in the next. */
const MOST_LEARNED = 200;
/** A look that comes late judges this many hours; what came and went before is not told. */
const MOST_HOURS = 72;

/** One series with its new hours; `from` is the first to judge. */
interface Fresh {
  readonly series: LookedSeries;
  readonly hours: readonly HourRow[];
  readonly from: number;
  baseline: Baseline | null;
}

/**
 * Looks at devices whose hours changed: a row and a few comparisons for each series, and more only for suspects. One
 * transaction holds the look, what it found and the letters of it, so a worker that dies leaves the look to the next.
 */
@Injectable()
export class AnomalyLook {
  constructor(private readonly database: Database) {}

  /** Looks at up to `limit` devices that wait; returns how many. */
  lookAtSome(limit = DEVICES): Promise<number> {
    return this.database.system(async (tx) => {
      const looks = await baselineStore.take(tx, limit);
      if (looks.length === 0) return 0;
      const fresh = await freshHours(tx, looks);
      const heads = headsOf(fresh);
      const unfinished = await this.#judge(tx, fresh, heads);
      const gone = looks.filter(({ deviceKey }) => !fresh.some(({ series }) => series.deviceKey === deviceKey));
      await baselineStore.forget(
        tx,
        gone.map(({ deviceKey }) => deviceKey),
      );
      await baselineStore.looked(
        tx,
        looks
          .filter(({ deviceKey }) => !unfinished.has(deviceKey))
          .map(({ deviceKey }) => ({ deviceKey, judgedUntil: heads.get(deviceKey) ?? null })),
      );
      return looks.length;
    });
  }

  /**
   * Gives up the device that waits longest: what is known of it makes the look fail. It is learned anew with its next hour.
   * Returns its key, null when none waits.
   */
  giveUpFirst(): Promise<number | null> {
    return this.database.system(async (tx) => {
      const [first] = await baselineStore.take(tx, 1);
      if (first === undefined) return null;
      await baselineStore.forget(tx, [first.deviceKey]);
      return first.deviceKey;
    });
  }

  /** Returns the devices that have more to learn. */
  async #judge(tx: Tx, fresh: readonly Fresh[], heads: ReadonlyMap<number, number>): Promise<ReadonlySet<number>> {
    if (heads.size === 0) return new Set();
    const oldest = learnsFrom(Math.min(...heads.values()));
    const findings = await anomalyStore.findings(tx, [...heads.keys()], oldest);
    const bySeries = Map.groupBy(findings, seriesOf);
    const found = (series: LookedSeries) => bySeries.get(seriesOf(series)) ?? [];

    const stale = fresh.filter(({ series, hours }) => hours.length > 0 && (series.nextAt ?? 0) <= hours.at(-1)!.t);
    const due = stale.slice(0, MOST_LEARNED);
    const students = due.map(({ series, hours }) => ({ series, head: hours.at(-1)!.t, findings: found(series) }));
    const { baselines, changed } = await learnSeries(tx, students);
    for (const [i, one] of due.entries()) one.baseline = baselines[i]!;
    const learned = new Map(changed.map((one) => [`${seriesOf(one)}/${one.kind}`, one]));
    const now = (series: LookedSeries) => [
      ...found(series).map((one) => learned.get(`${seriesOf(one)}/${one.kind}`) ?? one),
      ...changed.filter((one) => one.id === null && seriesOf(one) === seriesOf(series)),
    ];

    const suspected = new Set<number>();
    const candidates: Candidate[] = [];
    for (const { series, hours, from, baseline } of fresh) {
      if (baseline === null || hours.length === 0) continue;
      const known = now(series);
      const open = known.some(({ closedAt }) => closedAt === null);
      const candidate = {
        series,
        baseline,
        from,
        head: hours.at(-1)!.t,
        findings: known,
        ...screen(baseline, hours, from),
      };
      candidates.push(candidate);
      if (open || candidate.suspect) suspected.add(candidates.length - 1);
    }
    const closer = await lookCloser(tx, candidates, suspected);
    await this.#tell(tx, [...changed, ...closer], fresh);
    return new Set(stale.slice(MOST_LEARNED).map(({ series }) => series.deviceKey));
  }

  async #tell(tx: Tx, changed: readonly FindingRow[], fresh: readonly Fresh[]): Promise<void> {
    if (changed.length === 0) return;
    const seriesBy = new Map(fresh.map(({ series }) => [seriesOf(series), series]));
    const written = await anomalyStore.record(tx, changed);
    const isNew = new Set(
      changed.filter(({ id }) => id === null).map((one) => `${seriesOf(one)}/${one.kind}/${one.since}`),
    );
    const letters = written.flatMap((one) => {
      const series = seriesBy.get(seriesOf(one))!;
      const sentence = series.personal ? sentenceWithoutValues(one.kind, labelOf(series)) : one.sentence;
      const { deviceId } = series;
      const payload = { anomalyId: one.id, deviceId, kind: one.kind, suspect: suspects[one.kind], sentence };
      const told = [
        ...(isNew.has(`${seriesOf(one)}/${one.kind}/${one.since}`) ? ['anomaly.opened'] : []),
        ...(one.closedAt === null ? [] : ['anomaly.closed']),
      ];
      return told.map((type) => ({ tenantId: one.tenant, type, key: one.id, payload }));
    });
    await outbox.dropAll(tx, letters);
  }
}

async function freshHours(tx: Tx, looks: readonly Look[]): Promise<Fresh[]> {
  const lookOf = new Map(looks.map((look) => [look.deviceKey, look]));
  const series = await baselineStore.series(
    tx,
    looks.map(({ deviceKey }) => deviceKey),
  );
  const lists = await baselineStore.hours(
    tx,
    series.map((one) => {
      const { dueFrom, judgedUntil } = lookOf.get(one.deviceKey)!;
      // One hour more: whether an hour is still shows beside the one before.
      const from = Math.min(dueFrom, judgedUntil ?? dueFrom) - HOUR_MS;
      return { ...one, from, to: FAR, most: MOST_HOURS + 1 };
    }),
  );
  return series.map((one, i) => {
    const hours = lists[i]!;
    const { dueFrom } = lookOf.get(one.deviceKey)!;
    const head = hours.at(-1)?.t ?? 0;
    const from = Math.min(head, Math.max(dueFrom, head - (MOST_HOURS - 1) * HOUR_MS));
    return { series: one, hours, from, baseline: one.profile as Baseline | null };
  });
}

/** Postgres knows times beyond it, but no device has a clock that far ahead and gets away with it. */
const FAR = Date.parse('2100-01-01T00:00:00Z');

function headsOf(fresh: readonly Fresh[]): Map<number, number> {
  const heads = new Map<number, number>();
  for (const { series, hours } of fresh) {
    const head = hours.at(-1)?.t;
    if (head !== undefined) heads.set(series.deviceKey, Math.max(head, heads.get(series.deviceKey) ?? 0));
  }
  return heads;
}

/** The hour before the first one counts for spikes: one at its end could not have returned when it was looked at. */
function screen(baseline: Baseline, hours: readonly HourRow[], from: number) {
  let suspect = false;
  let unlike = false;
  const spiky: HourRow[] = [];
  for (const [i, hour] of hours.entries()) {
    if (hour.t < from - HOUR_MS) continue;
    const suspicion = screenHour(baseline, hour, hours[i - 1]);
    if (suspicion.spiky) spiky.push(hour);
    if (hour.t < from) continue;
    unlike ||= suspicion.unlike;
    suspect ||= suspicion.unlike || suspicion.still;
  }
  return { suspect: suspect || spiky.length > 0, unlike, spiky };
}

const seriesOf = ({ deviceKey, placeId, metric }: { deviceKey: number; placeId: number; metric: number }): string =>
  `${deviceKey}/${placeId}/${metric}`;
