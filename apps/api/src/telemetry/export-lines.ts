import { qualityFlags } from '@muster/contracts/telemetry/telemetry.schema';
import { readMetricKey } from '@muster/domain/telemetry/read-metric-key';
import type {
  ExportedBucket,
  ExportedDevice,
  ExportedMessage,
  ExportedMetric,
  ExportedPlace,
} from '@muster/persistence/telemetry/export.store';
import type { ExportColumn, Line } from '@muster/telemetry/export-format';

/** Who and what a row is about, by the ids it has. */
export interface Registry {
  readonly device: ExportedDevice;
  readonly places: ReadonlyMap<number, ExportedPlace>;
  readonly metrics: ReadonlyMap<number, ExportedMetric>;
  /** May see values of personal metrics. */
  readonly personal: boolean;
}

const whoAndWhat: readonly ExportColumn[] = [
  { name: 'time', type: 'time' },
  { name: 'device_id', type: 'text' },
  { name: 'device', type: 'text' },
  { name: 'serial', type: 'text' },
  { name: 'site', type: 'text' },
  { name: 'region', type: 'text' },
  { name: 'place', type: 'text' },
  { name: 'asset', type: 'text' },
  { name: 'metric', type: 'text' },
  { name: 'unit', type: 'text' },
];
export const readingColumns: readonly ExportColumn[] = [
  ...whoAndWhat,
  { name: 'value', type: 'number' },
  { name: 'quality', type: 'text' },
  { name: 'received_at', type: 'time' },
  { name: 'corrected', type: 'flag' },
  { name: 'masked', type: 'flag' },
];
export const bucketColumns: readonly ExportColumn[] = [
  ...whoAndWhat,
  { name: 'n', type: 'count' },
  { name: 'min', type: 'number' },
  { name: 'max', type: 'number' },
  { name: 'avg', type: 'number' },
  { name: 'last', type: 'number' },
  { name: 'delta', type: 'number' },
  { name: 'masked', type: 'flag' },
];

/** A line for each reading of a message that lies in the range and is asked for. */
export function* readingLines(
  message: ExportedMessage,
  registry: Registry,
  range: { from: number; to: number; metrics: ReadonlySet<number> | null },
): Generator<Line> {
  const start = message.at.getTime();
  for (const [i, dtMs] of message.dtMs.entries()) {
    const at = start + dtMs;
    const metric = message.metric[i]!;
    if (at < range.from || at >= range.to || (range.metrics !== null && !range.metrics.has(metric))) continue;
    const masked = isMasked(metric, registry);
    yield [
      ...describe(at, message.placeId, metric, registry),
      masked ? null : message.value[i]!,
      masked ? null : wordsOf(message.quality?.[i] ?? 0),
      message.receivedAt.getTime(),
      message.corrected,
      masked,
    ];
  }
}

export const bucketLine = (bucket: ExportedBucket, registry: Registry): Line => {
  const masked = isMasked(bucket.metric, registry);
  const { n, sum, min, max, last, delta } = bucket;
  return [
    ...describe(bucket.bucket.getTime(), bucket.placeId, bucket.metric, registry),
    n,
    ...(masked ? [null, null, null, null, null] : [min, max, n > 0 ? sum / n : null, last, delta]),
    masked,
  ];
};

const isMasked = (metric: number, { metrics, personal }: Registry): boolean =>
  !personal && metrics.get(metric)?.personal !== false;

const describe = (at: number, placeId: number | null, metricId: number, registry: Registry): Line => {
  const { device, places, metrics } = registry;
  const place = placeId === null ? undefined : places.get(placeId);
  const metric = metrics.get(metricId);
  return [
    at,
    device.id,
    device.name,
    device.serial,
    device.site,
    device.region,
    place?.path ?? null,
    place?.asset ?? null,
    metric?.key ?? null,
    metric === undefined ? null : (metric.unit ?? readMetricKey(metric.key).unit),
  ];
};

const words = Object.entries(qualityFlags).map(
  ([name, bit]) => [bit, name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] as const,
);

/** `out_of_range stuck`; null where all is fine. */
const wordsOf = (quality: number): string | null =>
  quality === 0 ? null : words.flatMap(([bit, name]) => ((quality & bit) === 0 ? [] : [name])).join(' ');
