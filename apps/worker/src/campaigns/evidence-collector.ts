import type { GateLimits } from '@muster/contracts/campaigns/plans.schema';
import {
  countBeats,
  gatherEvidence,
  installTimes,
  LOOK_BACK_MS,
  MOST_DEVICES,
  type Observed,
  rateOf,
} from '@muster/domain/campaigns/gather-evidence';
import { asksForEvidence } from '@muster/domain/campaigns/judge-gate';
import { SMALLEST_CONTROL } from '@muster/domain/campaigns/weigh-evidence';
import {
  type DeviceSpan,
  evidenceStore,
  type SampledDevice,
  type SpanBeats,
  type UpdatedDevice,
  type WatchedWave,
} from '@muster/persistence/campaigns/evidence.store';
import { Database } from '@muster/persistence/database';
import { isTransient } from '@muster/persistence/failures';
import { telemetryQueryStore } from '@muster/persistence/telemetry/query.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { METRICS } from '@muster/runtime/metrics/metrics';
import { Inject, Injectable } from '@nestjs/common';
import { Histogram, type Registry } from 'prom-client';

/** A wave that has passed is only watched for what comes late: once a minute is soon enough. */
const PASSED_EVERY_MS = 60_000;
/** A past this long is read from the hourly rollup. */
const HOURS_FROM_S = 2 * 3600;

type Numbers = Readonly<Record<string, number>>;
/** What a device did before its wave opened; that never changes, so it is read once. */
interface Past {
  readonly rate: number | null;
  readonly means: Numbers;
}

/**
 * Sees how updated devices do in service, for campaigns whose gates ask for it, and writes it beside their waves: what
 * they say now, what they said before, and what devices not yet offered say over the same spans. Samples of at most 500
 * devices a wave; what it costs does not grow with the fleet. Judging is the tick's.
 */
@Injectable()
export class EvidenceCollector {
  /** By wave, then by device. Lost with the process and read again. */
  readonly #pasts = new Map<string, Map<number, Past>>();
  readonly #seconds: Histogram;

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(METRICS) metrics: Registry,
  ) {
    this.#seconds = new Histogram({
      name: 'muster_campaign_evidence_seconds',
      help: 'Time to gather the evidence of one wave.',
      buckets: [0.01, 0.05, 0.2, 1, 5, 20],
      registers: [metrics],
    });
  }

  /** Looks at every wave that is due. One that fails is logged and does not stop the others; its gate holds meanwhile. */
  async collect(): Promise<void> {
    const opened = await this.database.system((tx) => evidenceStore.watched(tx));
    const watched = opened.filter((wave) => asksForEvidence(limitsOf(wave)));
    const known = new Set(watched.map(keyOf));
    for (const key of this.#pasts.keys()) if (!known.has(key)) this.#pasts.delete(key);
    const now = this.clock.now();
    for (const wave of watched) {
      if (wave.state === 'passed' && wave.asOf !== null && now.getTime() - wave.asOf.getTime() < PASSED_EVERY_MS)
        continue;
      const end = this.#seconds.startTimer();
      await this.#look(wave).catch((error: unknown) => {
        const level = isTransient(error) ? 'warn' : 'error';
        this.logger[level]({ err: error, campaignId: wave.campaignId, wave: wave.n }, 'evidence was not gathered');
      });
      end();
    }
  }

  async #look(wave: WatchedWave): Promise<void> {
    const { health, maxInstallS } = limitsOf(wave);
    const metrics = health?.metrics.map(({ metric }) => metric) ?? [];
    const now = this.clock.now();
    const { rows, untouched, ids } = await this.database.tenant(wave.tenantId, async (tx) => ({
      rows: await evidenceStore.updated(tx, wave.campaignId, wave.n),
      untouched: health === undefined ? [] : await evidenceStore.untouched(tx, wave.campaignId),
      ids: await telemetryQueryStore.metrics(tx, metrics),
    }));
    const metricIds = metrics.map((metric) => ids.find(({ key }) => key === metric)?.id ?? null);
    const serving = health === undefined ? [] : rows.filter(({ inService }) => inService).slice(0, MOST_DEVICES);
    const spans = serving.map((row) => spanOf(row, wave, now));
    const updated = await this.#observe(wave, spans, metricIds);
    // Each stands beside an updated device and is seen over the same span, so that what happens to all weighs the same on both.
    const control =
      spans.length === 0
        ? []
        : await this.#observe(
            wave,
            untouched.map((device, i) => ({ ...spans[i % spans.length]!, ...device })),
            metricIds,
            true,
          );
    const service = gatherEvidence({
      asOf: now,
      updated,
      control,
      metrics,
      installs: maxInstallS === undefined ? null : installTimes(installRows(rows), maxInstallS, now, wave.since),
    });
    await this.database.tenant(wave.tenantId, (tx) => evidenceStore.record(tx, wave, service));
  }

  /** Devices over their spans; `heard` leaves out who was silent already when the other was updated. */
  async #observe(
    wave: WatchedWave,
    all: readonly DeviceSpan[],
    metricIds: readonly (number | null)[],
    heard = false,
  ): Promise<Observed[]> {
    const wanted = metricIds.filter((id) => id !== null);
    const { kept, means } = await this.database.system(async (tx) => {
      const counted = await evidenceStore.beats(tx, all);
      const seen = all.map((span, i) => ({ span, beats: counted[i]! }));
      const kept = heard ? heardBefore(seen) : seen;
      const spans = kept.map(({ span }) => span);
      return { kept, means: wanted.length === 0 ? [] : await evidenceStore.means(tx, spans, wanted) };
    });
    const pasts = await this.#past(
      wave,
      kept.map(({ span }) => span),
      wanted,
    );
    return kept.map(({ span, beats }, i) => {
      const { due, bad } = countBeats(beats, span);
      const past = pasts.get(span.deviceKey)!;
      const pair = (id: number | null) => ({
        now: (id === null ? undefined : means[i]?.[id]) ?? null,
        past: (id === null ? undefined : past.means[id]) ?? null,
      });
      return { due, bad, now: rateOf({ due, bad }), past: past.rate, metrics: metricIds.map(pair) };
    });
  }

  async #past(
    wave: WatchedWave,
    spans: readonly DeviceSpan[],
    metricIds: readonly number[],
  ): Promise<Map<number, Past>> {
    const pasts = this.#pasts.get(keyOf(wave)) ?? new Map<number, Past>();
    this.#pasts.set(keyOf(wave), pasts);
    const baselineS = limitsOf(wave).health?.baselineS ?? 0;
    const from = new Date(wave.openedAt.getTime() - baselineS * 1000);
    const missing = spans
      .filter(({ deviceKey }) => !pasts.has(deviceKey))
      .map((span): DeviceSpan => ({ ...span, from, to: wave.openedAt }));
    if (missing.length === 0) return pasts;
    await this.database.system(async (tx) => {
      const counted = await evidenceStore.beats(tx, missing);
      const read = baselineS >= HOURS_FROM_S ? evidenceStore.hourlyMeans : evidenceStore.means;
      const means = metricIds.length === 0 ? [] : await read(tx, missing, metricIds);
      for (const [i, span] of missing.entries())
        pasts.set(span.deviceKey, { rate: rateOf(countBeats(counted[i]!, span, true)), means: means[i] ?? {} });
    });
    return pasts;
  }
}

const limitsOf = ({ plan, n }: WatchedWave): GateLimits => plan.waves[n - 1]?.gate ?? plan.gate;

const keyOf = ({ campaignId, n }: WatchedWave): string => `${campaignId}/${n}`;

/**
 * From when a device is observed. What happened while there were others to compare with has been judged against them: an
 * outage of that time must not turn into a regression because they are gone.
 */
const spanOf = (
  { deviceKey, intervalS, startedAt }: SampledDevice & UpdatedDevice,
  wave: WatchedWave,
  now: Date,
): DeviceSpan => {
  const { since, aloneSince } = wave;
  const from = Math.max(
    startedAt.getTime(),
    since?.getTime() ?? 0,
    aloneSince?.getTime() ?? 0,
    now.getTime() - LOOK_BACK_MS,
  );
  return { deviceKey, intervalS, from: new Date(from), to: now, servesFrom: startedAt };
};

/**
 * Only a device that is there is updated, so only those that were there are alike. When next to none was, something hit
 * them all, and leaving them out would hide it.
 */
function heardBefore<T extends { readonly beats: SpanBeats }>(seen: readonly T[]): readonly T[] {
  const heard = seen.filter(({ beats }) => beats.heardBefore);
  return heard.length < SMALLEST_CONTROL ? seen : heard;
}

const installRows = (rows: readonly UpdatedDevice[]) =>
  rows.flatMap(({ acceptedAt, bootedAt, underway }) =>
    acceptedAt === null || (bootedAt === null && !underway) ? [] : [{ acceptedAt, bootedAt }],
  );
