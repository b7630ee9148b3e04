import type { Database } from '@muster/persistence/database';
import {
  type BucketMark,
  type ExportedBucket,
  type ExportedDevice,
  type ExportedMessage,
  type ExportedMetric,
  type ExportFilter,
  exportStore,
  type MessageMark,
  type MessageSpan,
  type rollupTables,
} from '@muster/persistence/telemetry/export.store';
import type { Line } from '@muster/telemetry/export-format';
import { bucketLine, type Registry, readingLines } from './export-lines.js';

export interface ExportScope {
  readonly tenantId: string;
  readonly filter: ExportFilter;
  /** Ids; null for all. */
  readonly metrics: readonly number[] | null;
  readonly from: Date;
  readonly to: Date;
  readonly resolution: 'raw' | keyof typeof rollupTables;
  readonly personal: boolean;
}

/** Devices that are read together; most have little to tell, and a query each would be most of the work. */
const DEVICES = 50;
/** Rows of each of them at first, and then of one that has more. */
const FIRST = 100;
const MORE = 500;
/** Lines handed over at once. */
const LINES = 2_000;
const HOUR_MS = 3_600_000;
const EVER = { first: new Date('0001-01-01T00:00:00.000Z'), last: new Date('9999-01-01T00:00:00.000Z') };
const NEVER_SET_BEFORE = new Date('2020-01-01T00:00:00.000Z');

/**
 * Every line of an export, some at a time, device by device: bounded memory, and no faster than they are taken. Within a
 * device in the order of its own clock; what counts at a corrected time comes after.
 */
export async function* readExport(database: Database, scope: ExportScope): AsyncGenerator<Line[]> {
  const metrics = new Map<number, ExportedMetric>();
  for (let afterId: string | null = null; ; ) {
    const { devices, places } = await database.tenant(scope.tenantId, async (tx) => {
      const page = await exportStore.devices(tx, scope.filter, afterId, DEVICES);
      const keys = page.map(({ deviceKey }) => deviceKey);
      return { devices: page, places: await exportStore.places(tx, keys) };
    });
    if (devices.length === 0) return;
    const pathOf = new Map(places.map((place) => [place.id, place]));
    const registryOf = (device: ExportedDevice): Registry => ({
      device,
      places: pathOf,
      metrics,
      personal: scope.personal,
    });
    const read = scope.resolution === 'raw' ? readMessages : readBuckets;
    yield* inPortions(read(database, scope, devices, metrics, registryOf));
    if (devices.length < DEVICES) return;
    afterId = devices.at(-1)!.id;
  }
}

type Reader = (
  database: Database,
  scope: ExportScope,
  devices: readonly ExportedDevice[],
  metrics: Map<number, ExportedMetric>,
  registryOf: (device: ExportedDevice) => Registry,
) => AsyncGenerator<Iterable<Line>>;

const readMessages: Reader = async function* (database, scope, devices, metrics, registryOf) {
  const range = {
    from: scope.from.getTime(),
    to: scope.to.getTime(),
    metrics: scope.metrics && new Set(scope.metrics),
  };
  for (const span of spansOf(scope)) {
    const first = (deviceKey: number): MessageMark => ({ deviceKey, producedAt: span.from.toISOString(), seqNo: -1 });
    const fetch = (marks: readonly MessageMark[], limit: number) =>
      database.system((tx) => exportStore.messages(tx, marks, span, limit));
    for await (const [device, messages] of byDevice<MessageMark, ExportedMessage>(devices, first, fetch)) {
      await learn(
        database,
        scope,
        metrics,
        messages.flatMap(({ metric }) => metric),
      );
      for (const message of messages) yield readingLines(message, registryOf(device), range);
    }
  }
};

const readBuckets: Reader = async function* (database, scope, devices, metrics, registryOf) {
  const first = (deviceKey: number): BucketMark => ({ deviceKey, placeId: -1, metric: -1, bucket: EVER.first });
  const of = { ...scope, resolution: scope.resolution as keyof typeof rollupTables };
  const fetch = (marks: readonly BucketMark[], limit: number) =>
    database.system((tx) => exportStore.buckets(tx, marks, of, limit));
  for await (const [device, buckets] of byDevice<BucketMark, ExportedBucket>(devices, first, fetch)) {
    await learn(
      database,
      scope,
      metrics,
      buckets.map(({ metric }) => metric),
    );
    yield buckets.map((bucket) => bucketLine(bucket, registryOf(device)));
  }
};

/** All rows of each device in turn: a first page of all of them in one query, then the rest of those that have more. */
async function* byDevice<M, R extends M & { readonly deviceKey: number }>(
  devices: readonly ExportedDevice[],
  first: (deviceKey: number) => M,
  fetch: (marks: readonly M[], limit: number) => Promise<R[]>,
): AsyncGenerator<[ExportedDevice, R[]]> {
  const heads = await fetch(
    devices.map(({ deviceKey }) => first(deviceKey)),
    FIRST,
  );
  const headOf = Map.groupBy(heads, ({ deviceKey }) => deviceKey);
  for (const device of devices) {
    let rows = headOf.get(device.deviceKey) ?? [];
    for (let limit = FIRST; ; limit = MORE) {
      if (rows.length > 0) yield [device, rows];
      if (rows.length < limit) break;
      rows = await fetch([rows.at(-1)!], MORE);
    }
  }
}

/**
 * Where messages of the range lie by their device's own time: a reading may be an hour away from its message, and messages
 * whose clock cannot be right count at another time, by an index of their own. Those of a clock that was never set lie
 * before all others, those of one that ran ahead anywhere after the range.
 */
const spansOf = ({ from, to }: ExportScope): MessageSpan[] => {
  const begin = new Date(from.getTime() - HOUR_MS);
  const end = new Date(to.getTime() + HOUR_MS);
  const corrected = { from: begin, to: end };
  return [
    { from: begin, to: end, corrected: null },
    { from: EVER.first, to: begin < NEVER_SET_BEFORE ? begin : NEVER_SET_BEFORE, corrected },
    { from: end, to: EVER.last, corrected },
  ];
};

const learn = async (
  database: Database,
  { tenantId }: ExportScope,
  metrics: Map<number, ExportedMetric>,
  ids: readonly number[],
): Promise<void> => {
  const unknown = [...new Set(ids)].filter((id) => !metrics.has(id));
  if (unknown.length === 0) return;
  for (const metric of await database.tenant(tenantId, (tx) => exportStore.metricsById(tx, unknown)))
    metrics.set(metric.id, metric);
};

async function* inPortions(all: AsyncIterable<Iterable<Line>>): AsyncGenerator<Line[]> {
  let portion: Line[] = [];
  for await (const lines of all)
    for (const line of lines) {
      portion.push(line);
      if (portion.length < LINES) continue;
      yield portion;
      portion = [];
    }
  if (portion.length > 0) yield portion;
}
