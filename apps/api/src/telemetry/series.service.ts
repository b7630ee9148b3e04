import type * as routes from '@muster/contracts/telemetry/telemetry.routes';
import type { Series } from '@muster/contracts/telemetry/telemetry.schema';
import { Database, type Tx } from '@muster/persistence/database';
import { type LineageRow, lineageStore } from '@muster/persistence/devices/lineage.store';
import { type CatalogueMetric, telemetryQueryStore } from '@muster/persistence/telemetry/query.store';
import { type Choice, chooseResolution } from '@muster/telemetry/choose-resolution';
import { spanOf } from '@muster/telemetry/fold-buckets';
import { Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { Refusal } from '../http/refusal.js';
import { type LineagePart, readLineageBuckets, readLineagePoints } from './read-lineage.js';
import { type SeriesHead, seriesOfBuckets, seriesOfPoints } from './series.resource.js';

const HOUR_MS = 3_600_000;
/** Beyond this a read of stored messages costs seconds, so hours are the finest there is. */
const LONGEST_FROM_MESSAGES_MS = 8 * 24 * HOUR_MS;
const LONGEST_MS = 5 * 366 * 24 * HOUR_MS;
/** More readings than this are not looked at one by one. */
const MOST_POINTS = 100_000;

/** Series and newest values of a device. */
@Injectable()
export class SeriesService {
  constructor(private readonly database: Database) {}

  async series(call: Call<typeof routes.getSeries>): Promise<{ series: Series[] }> {
    const { metrics: keys, place, downsample, width } = call.query;
    const { from, to } = rangeOf(call.query);
    const known = await this.database.tenant(call.principal.tenantId, async (tx) => {
      const { site } = await deviceOf(tx, call.params.deviceId);
      const lineage = await lineageStore.of(tx, call.params.deviceId);
      const metrics = inAskedOrder(await telemetryQueryStore.metrics(tx, keys), keys);
      const placed = await telemetryQueryStore.places(tx, keysOf(lineage));
      return { lineage, site, metrics, ...placesOf(lineage, placed) };
    });
    const here = { id: 0, path: null, asset: null };
    const places = [here, ...known.places].filter(({ path }) => place === undefined || (path ?? '') === place);
    const asked = new Set(places.map(({ id }) => id));
    const parts = known.parts.map((part) => ({
      ...part,
      places: new Map([...part.places].filter(([, id]) => asked.has(id))),
    }));
    if (places.length === 0 || known.metrics.length === 0) return { series: [] };

    const { resolution, bucketMs } = choose(from, to, width);
    const span = spanOf(bucketMs);
    const raw = resolution === 'raw' || resolution === 'minute';
    const scope = { metrics: known.metrics.map(({ id }) => id), from, to };
    /** Whole buckets at both ends, so that each is the same whatever range it is asked for in. */
    const whole = {
      ...scope,
      from: new Date(span.start(from.getTime())),
      to: new Date(span.start(to.getTime() - 1) + span.ms),
    };
    const counters = known.metrics.some(({ kind }) => kind === 'counter');
    const { points, buckets } = await this.database.system(async (tx) => {
      const some = raw && downsample === 'lttb' ? await readLineagePoints(tx, scope, MOST_POINTS + 1, parts) : null;
      if (some !== null && some.length <= MOST_POINTS) return { points: seriesIn(some), buckets: null };
      return {
        points: null,
        buckets: seriesIn(await readLineageBuckets(tx, resolution, whole, span, counters, parts)),
      };
    });
    const maySee = call.principal.permissions.has('telemetry:personal');
    const series = known.metrics.flatMap((metric) =>
      places.flatMap(({ id, path, asset }) => {
        const at = `${metric.id}/${id}`;
        const head: SeriesHead = { metric, place: path, asset, site: known.site, masked: metric.personal && !maySee };
        if (points?.has(at)) return [seriesOfPoints(head, points.get(at)!, width)];
        return buckets?.has(at) ? [seriesOfBuckets(head, buckets.get(at)!, resolution, span)] : [];
      }),
    );
    return { series };
  }

  latest(call: Call<typeof routes.getLatestValues>) {
    const maySee = call.principal.permissions.has('telemetry:personal');
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      await deviceOf(tx, call.params.deviceId);
      const lineage = await lineageStore.of(tx, call.params.deviceId);
      const rows = await telemetryQueryStore.latest(tx, keysOf(lineage));
      return {
        items: rows.map(({ personal, value, ...row }) => {
          const masked = personal && !maySee;
          const shown = masked ? null : value;
          return { ...row, title: row.title ?? row.metric, at: row.at.toISOString(), value: shown, masked };
        }),
      };
    });
  }
}

const deviceOf = async (tx: Tx, deviceId: string) => {
  const device = await telemetryQueryStore.device(tx, deviceId);
  if (device === null) throw Refusal.notFound('device', deviceId);
  return device;
};

const keysOf = (lineage: readonly LineageRow[]): number[] => lineage.map(({ deviceKey }) => deviceKey);

interface Place {
  readonly id: number;
  readonly path: string;
  readonly asset: string | null;
}

/** Places as the newest hardware has them; hardware before it had the same under ids of its own. */
const placesOf = (
  lineage: readonly LineageRow[],
  placed: readonly (Place & { readonly deviceKey: number })[],
): { places: Place[]; parts: LineagePart[] } => {
  const byPath = new Map<string, Place>();
  const parts = lineage.map(({ deviceKey, from, to }) => {
    const own = new Map([[0, 0]]);
    for (const place of placed.filter((one) => one.deviceKey === deviceKey)) {
      if (!byPath.has(place.path)) byPath.set(place.path, place);
      own.set(place.id, byPath.get(place.path)!.id);
    }
    return { deviceKey, from, to, places: own };
  });
  return { places: [...byPath.values()], parts };
};

const rangeOf = (query: { from: string; to: string }): { from: Date; to: Date } => {
  const from = new Date(query.from);
  const to = new Date(query.to);
  const span = to.getTime() - from.getTime();
  if (span > 0 && span <= LONGEST_MS) return { from, to };
  const message = span > 0 ? 'is more than five years after from' : 'must be after from';
  throw new Refusal('validation_failed', undefined, undefined, [{ pointer: '/query/to', message }]);
};

const choose = (from: Date, to: Date, width: number): Choice => {
  const choice = chooseResolution(from, to, width);
  const tooLong = to.getTime() - from.getTime() > LONGEST_FROM_MESSAGES_MS;
  return tooLong && choice.bucketMs < HOUR_MS ? { resolution: 'hour', bucketMs: HOUR_MS } : choice;
};

/** A metric and its alias, both asked for, are one. */
const inAskedOrder = (metrics: readonly CatalogueMetric[], keys: readonly string[]): CatalogueMetric[] => {
  const asked = new Map(metrics.map((metric) => [metric.askedAs, metric]));
  const found = keys.flatMap((key) => asked.get(key) ?? []);
  return [...new Map(found.map((metric) => [metric.id, metric])).values()];
};

const seriesIn = <T extends { metric: number; placeId: number }>(list: readonly T[]): Map<string, T[]> =>
  Map.groupBy(list, ({ metric, placeId }) => `${metric}/${placeId}`);
