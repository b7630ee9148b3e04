import { z } from 'zod';
import { DeviceQuery } from '../devices/devices.schema.js';
import { DeviceId, Id } from '../ids.js';
import { Instant } from '../instant.js';
import { pageOf } from '../page.js';
import { MetricKey, metricKinds } from './metrics.schema.js';

/** Flags of a stored message, as bits of `flags`. */
export const messageFlags = {
  outOfWindow: 1,
  future: 2,
  late: 4,
  clockCorrected: 8,
  nullReading: 16,
  historical: 32,
} as const;
/** What is wrong with one reading, as bits of a message row's `quality`. */
export const qualityFlags = {
  /** The device could not read it (null). */
  missing: 1,
  /** NaN or infinite, which only binary payloads can carry. */
  notFinite: 2,
  /** Outside the physical range the catalogue gives for the metric. */
  outOfRange: 4,
  /** Unchanged for longer than the catalogue allows for the metric. */
  stuck: 8,
  /** The same metric at the same time twice in one message; the last one counts. */
  duplicate: 16,
} as const;
/** Readings with any of these count in no aggregate and are nobody's newest value; they stay in the raw data. */
export const unusable =
  qualityFlags.missing | qualityFlags.notFinite | qualityFlags.outOfRange | qualityFlags.duplicate;

/** Readings beyond are no measurement, and the sum of a few of them is beyond what a float8 can say. */
export const LARGEST_READING = 1e150;

export const messageKinds = { heartbeat: 1, telemetry: 2 } as const;

export const resolutions = ['raw', 'minute', 'hour', 'day', 'week'] as const;
export type Resolution = (typeof resolutions)[number];

export const SeriesQuery = z.object({
  metrics: z
    .string()
    .min(1)
    .max(1000)
    .transform((text) => text.split(',')),
  place: z.string().max(330).optional(),
  from: Instant,
  to: Instant,
  width: z.coerce.number().int().min(10).max(4000).default(600),
  /** What to keep of raw points when there are more than `width`: their shape (largest triangle), or buckets. */
  downsample: z.enum(['lttb', 'buckets']).default('buckets'),
});
export type SeriesQuery = z.infer<typeof SeriesQuery>;

/**
 * Columns of equal length, in time order; times are ms since the epoch at the bucket's start. Where nothing was heard for
 * longer than `gapMs` a bucket with n = 0 and nulls stands in between, so that a line drawn through it breaks. `delta` is
 * what a counter went up by in the bucket, null for gauges. `flags` are `qualityFlags` of the readings left out or kept.
 * A metric asked for by an alias comes back under the key it is stored under. Weeks start on Monday, days at midnight UTC.
 */
export const Series = z
  .object({
    metric: z.string(),
    title: z.string(),
    kind: z.enum(metricKinds),
    unit: z.string().nullable(),
    place: z.string().nullable(),
    asset: z.string().nullable(),
    site: z.string().nullable(),
    /** True where the metric is personal and the principal may not see it: times and counts stay, all values are null. */
    masked: z.boolean(),
    resolution: z.enum(resolutions),
    bucketMs: z.number(),
    gapMs: z.number(),
    t: z.array(z.number()),
    min: z.array(z.number().nullable()),
    max: z.array(z.number().nullable()),
    avg: z.array(z.number().nullable()),
    last: z.array(z.number().nullable()),
    delta: z.array(z.number().nullable()),
    n: z.array(z.number()),
    flags: z.array(z.number().int()),
  })
  .meta({ id: 'Series' });
export type Series = z.infer<typeof Series>;

export const LatestValue = z
  .object({
    metric: z.string(),
    title: z.string(),
    unit: z.string().nullable(),
    place: z.string().nullable(),
    asset: z.string().nullable(),
    value: z.number().nullable(),
    at: Instant,
    /** True where the metric is personal and the principal may not see it: the value is null. */
    masked: z.boolean(),
  })
  .meta({ id: 'LatestValue' });
export type LatestValue = z.infer<typeof LatestValue>;

export const FleetValueQuery = DeviceQuery.pick({ site: true, class: true, label: true, pageToken: true }).extend({
  metric: MetricKey,
  pageSize: z.coerce.number().int().min(1).max(10_000).default(1000),
});
/** The newest value of one metric on one device, or on a place of it. */
export const FleetValue = z
  .object({
    deviceId: Id,
    deviceName: z.string(),
    site: z.string().nullable(),
    place: z.string().nullable(),
    asset: z.string().nullable(),
    /** Null where masked. */
    value: z.number().nullable(),
    at: Instant,
  })
  .meta({ id: 'FleetValue' });
export type FleetValue = z.infer<typeof FleetValue>;
export const FleetValuePage = pageOf(FleetValue).extend({
  metric: z.string(),
  title: z.string(),
  unit: z.string().nullable(),
  masked: z.boolean(),
});
export type FleetValuePage = z.infer<typeof FleetValuePage>;

export const deadLetterStates = ['open', 'replayed', 'dropped'] as const;
/**
 * `body` is the bytes as text, with U+FFFD for those that are none. `decoded` is what they say as JSON, whatever they are
 * encoded in (NaN and infinite numbers of CBOR as null); null where they cannot be read or that were longer than 200,000
 * characters. `bodyHex` are the first 512 bytes where they are neither text nor could be read. `bodyBytes` is all of them.
 */
export const DeadLetter = z
  .object({
    id: z.string(),
    receivedAt: Instant,
    tenant: z.string().nullable(),
    deviceId: z.string().nullable(),
    topic: z.string(),
    reason: z.string(),
    detail: z.string().nullable(),
    body: z.string(),
    bodyBytes: z.number().int(),
    encoding: z.enum(['json', 'cbor', 'gzip', 'zstd', 'unknown']),
    decoded: z.string().nullable(),
    bodyHex: z.string().nullable(),
    state: z.enum(deadLetterStates),
    resolvedBy: z.string().nullable(),
    resolvedAt: Instant.nullable(),
    /** How many it stands for: of a device that sends poison all day only the last of each reason is kept beyond its limit. */
    times: z.number().int(),
    lastAt: Instant.nullable(),
  })
  .meta({ id: 'DeadLetter' });
export type DeadLetter = z.infer<typeof DeadLetter>;
export const DeadLetterPage = pageOf(DeadLetter);

/** Open dead letters of a reason, a device or both; one of them must be said, so that nobody drops everything by mistake. */
export const DeadLetterSelection = z
  .strictObject({ reason: z.string().min(1).max(64).optional(), deviceId: DeviceId.optional() })
  .refine(({ reason, deviceId }) => reason !== undefined || deviceId !== undefined, 'say a reason or a device');
/** `more` when there are still open ones of that kind: ask again. */
export const DeadLettersResolved = z.object({ count: z.number().int(), more: z.boolean() });

export const exportFormats = ['csv', 'jsonl', 'parquet'] as const;
/**
 * Readings of some devices as a file: of those named, else of all that have the class, label and site. Without `metrics`
 * all of them; values of personal ones are empty without the permission.
 */
export const ExportQuery = DeviceQuery.pick({ site: true, class: true, label: true }).extend({
  devices: z
    .string()
    .max(4000)
    .transform((text) => text.split(','))
    .optional(),
  metrics: z
    .string()
    .max(1000)
    .transform((text) => text.split(','))
    .optional(),
  from: Instant,
  to: Instant,
  resolution: z.enum(['raw', 'hour', 'day', 'week']).default('raw'),
  format: z.enum(exportFormats).default('csv'),
});
export type ExportQuery = z.infer<typeof ExportQuery>;

/** One event of the live tail: new readings of a device, as they were committed. `value` is null where masked or missing. */
export const TailEvent = z
  .object({
    place: z.string().nullable(),
    receivedAt: Instant,
    readings: z.array(
      z.object({ metric: z.string(), t: z.number(), value: z.number().nullable(), quality: z.number().int() }),
    ),
  })
  .meta({ id: 'TailEvent' });
export type TailEvent = z.infer<typeof TailEvent>;
