import type * as routes from '@muster/contracts/telemetry/telemetry.routes';
import type { Resolution, Series } from '@muster/contracts/telemetry/telemetry.schema';
import { Database, type Tx } from '@muster/persistence/database';
import { type SeriesBucket, type SeriesScope, telemetryQueryStore } from '@muster/persistence/telemetry/query.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { chooseResolution } from '@muster/telemetry/choose-resolution';
import { foldBuckets } from '@muster/telemetry/fold-buckets';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { Refusal } from '../http/refusal.js';

const HOUR_MS = 3_600_000;
/** Beyond this a read of stored messages costs seconds, so hours are the finest there is. */
const LONGEST_FROM_MESSAGES_MS = 8 * 24 * HOUR_MS;
const LONGEST_MS = 5 * 366 * 24 * HOUR_MS;
/** More hours than this wait for the rollup only after it stood still; the newest ones are read from messages. */
const DIRTY_HOURS = 48;

/** Series and newest values of a device. */
@Injectable()
export class SeriesService {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async series(call: Call<typeof routes.getSeries>): Promise<{ series: Series[] }> {
    const { metrics: keys, place } = call.query;
    const { from, to } = rangeOf(call.query);
    const { resolution, bucketMs } = choose(from, to, call.query.width);
    const known = await this.database.tenant(call.principal.tenantId, async (tx) => {
      const deviceKey = await deviceKeyOf(tx, call.params.deviceId);
      const metrics = await telemetryQueryStore.metrics(tx, keys);
      return { deviceKey, metrics, places: await telemetryQueryStore.places(tx, deviceKey) };
    });
    const placeId = place === undefined ? null : place === '' ? 0 : known.places.find(({ path }) => path === place)?.id;
    if (placeId === undefined || known.metrics.length === 0) return { series: [] };

    const scope: SeriesScope = {
      deviceKey: known.deviceKey,
      metrics: known.metrics.map(({ id }) => id),
      placeId,
      from,
      to,
    };
    const buckets = await this.database.system((tx) =>
      resolution === 'hour'
        ? readHours(tx, scope, this.clock.now())
        : telemetryQueryStore.fromMessages(tx, scope, bucketMs, this.clock.now()),
    );
    const metricOf = new Map(known.metrics.map((metric) => [metric.id, metric]));
    const pathOf = new Map(known.places.map(({ id, path }) => [id, path]));
    const series = [...bySeries(buckets)].map(([, list]) => {
      const { metric, placeId: at } = list[0]!;
      const { key, unit } = metricOf.get(metric)!;
      const columns = columnsOf(list, bucketMs);
      return {
        metric: key,
        title: key,
        kind: 'gauge' as const,
        unit,
        place: pathOf.get(at) ?? null,
        asset: null,
        site: null,
        masked: false,
        resolution,
        bucketMs,
        gapMs: bucketMs,
        ...columns,
        delta: columns.t.map(() => null),
        flags: columns.t.map(() => 0),
      };
    });
    const order = new Map(keys.map((key, i) => [key, i]));
    return { series: series.sort((a, b) => order.get(a.metric)! - order.get(b.metric)!) };
  }

  latest(call: Call<typeof routes.getLatestValues>) {
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows = await telemetryQueryStore.latest(tx, await deviceKeyOf(tx, call.params.deviceId));
      return {
        items: rows.map((row) => ({ ...row, title: row.title ?? row.metric, at: row.at.toISOString(), masked: false })),
      };
    });
  }
}

const deviceKeyOf = async (tx: Tx, deviceId: string): Promise<number> => {
  const key = await telemetryQueryStore.deviceKey(tx, deviceId);
  if (key === null) throw Refusal.notFound('device', deviceId);
  return key;
};

const rangeOf = (query: { from: string; to: string }): { from: Date; to: Date } => {
  const from = new Date(query.from);
  const to = new Date(query.to);
  const span = to.getTime() - from.getTime();
  if (span > 0 && span <= LONGEST_MS) return { from, to };
  const message = span > 0 ? 'is more than five years after from' : 'must be after from';
  throw new Refusal('validation_failed', undefined, undefined, [{ pointer: '/query/to', message }]);
};

const choose = (from: Date, to: Date, width: number): { resolution: Resolution; bucketMs: number } => {
  const choice = chooseResolution(from, to, width);
  const tooLong = to.getTime() - from.getTime() > LONGEST_FROM_MESSAGES_MS;
  return tooLong && choice.resolution !== 'hour' ? { resolution: 'hour', bucketMs: HOUR_MS } : choice;
};

/** The rollup lags behind by its schedule, so hours that changed since are read from their messages. */
const readHours = async (tx: Tx, scope: SeriesScope, now: Date): Promise<SeriesBucket[]> => {
  const dirty = await telemetryQueryStore.dirtyHours(tx, scope.deviceKey, scope.from, scope.to, DIRTY_HOURS);
  const rolled = await telemetryQueryStore.fromHours(tx, scope, dirty);
  const fresh: SeriesBucket[] = [];
  for (const { from, to } of spansOf(dirty)) {
    const hours = await telemetryQueryStore.fromMessages(tx, { ...scope, from, to }, HOUR_MS, now);
    fresh.push(...hours);
  }
  return [...rolled, ...fresh];
};

/** Neighbouring hours, given newest first, as one span each. */
const spansOf = (hours: readonly Date[]): { from: Date; to: Date }[] => {
  const spans: { from: Date; to: Date }[] = [];
  for (const hour of hours.toReversed()) {
    const last = spans.at(-1);
    const to = new Date(hour.getTime() + HOUR_MS);
    if (last && last.to.getTime() === hour.getTime()) last.to = to;
    else spans.push({ from: hour, to });
  }
  return spans;
};

const bySeries = (buckets: readonly SeriesBucket[]): Map<string, SeriesBucket[]> =>
  Map.groupBy(buckets, ({ metric, placeId }) => `${metric}/${placeId}`);

const columnsOf = (buckets: readonly SeriesBucket[], bucketMs: number) => {
  const folded = foldBuckets(buckets, bucketMs);
  return {
    t: folded.map(({ t }) => t),
    min: folded.map(({ min }) => min),
    max: folded.map(({ max }) => max),
    avg: folded.map(({ sum, n }) => sum / n),
    last: folded.map(({ last }) => last),
    n: folded.map(({ n }) => n),
  };
};
