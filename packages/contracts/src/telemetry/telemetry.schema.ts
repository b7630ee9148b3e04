import { z } from 'zod';
import { Instant } from '../instant.js';
import { pageOf } from '../page.js';

/** Flags of a stored message, as bits of `flags`. */
export const messageFlags = {
  outOfWindow: 1,
  future: 2,
  late: 4,
  clockCorrected: 8,
  nullReading: 16,
  historical: 32,
} as const;
export const messageKinds = { heartbeat: 1, telemetry: 2 } as const;

export const Metric = z
  .object({ key: z.string(), title: z.string(), unit: z.string().nullable() })
  .meta({ id: 'Metric' });
export type Metric = z.infer<typeof Metric>;

export const resolutions = ['raw', 'minute', 'hour'] as const;
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
});
export type SeriesQuery = z.infer<typeof SeriesQuery>;

/** Columns of equal length; a gap is a bucket that is absent. Times are ms since the epoch at the bucket's start. */
export const Series = z
  .object({
    metric: z.string(),
    unit: z.string().nullable(),
    place: z.string().nullable(),
    resolution: z.enum(resolutions),
    bucketMs: z.number(),
    t: z.array(z.number()),
    min: z.array(z.number().nullable()),
    max: z.array(z.number().nullable()),
    avg: z.array(z.number().nullable()),
    last: z.array(z.number().nullable()),
    n: z.array(z.number()),
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
  })
  .meta({ id: 'LatestValue' });
export type LatestValue = z.infer<typeof LatestValue>;

export const deadLetterStates = ['open', 'replayed', 'dropped'] as const;
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
    state: z.enum(deadLetterStates),
    resolvedBy: z.string().nullable(),
    resolvedAt: Instant.nullable(),
  })
  .meta({ id: 'DeadLetter' });
export type DeadLetter = z.infer<typeof DeadLetter>;
export const DeadLetterPage = pageOf(DeadLetter);
