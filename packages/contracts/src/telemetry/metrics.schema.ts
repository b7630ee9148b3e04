import { z } from 'zod';
import { Name } from '../ids.js';

/** A gauge goes up and down; a counter only up, until it wraps or is reset (energy, volume, packets). */
export const metricKinds = ['gauge', 'counter'] as const;
export type MetricKind = (typeof metricKinds)[number];

export const MetricKey = z
  .string()
  .regex(/^[a-z][a-z0-9_.]{0,63}$/, 'must be 1 to 64 of a-z, 0-9, _ . and start with a letter');

/** What may be said of a metric: everything but its key. */
export const MetricFacts = z.strictObject({
  title: Name.nullable(),
  unit: z.string().max(32).nullable(),
  kind: z.enum(metricKinds),
  /** Physical range: readings outside are kept, flagged and left out of aggregates. */
  low: z.number().nullable(),
  high: z.number().nullable(),
  /** Where a counter starts again from zero, such as 4294967296. */
  wrapAt: z.number().positive().nullable(),
  /** Flags readings that have not changed for longer. */
  stuckAfterS: z
    .number()
    .int()
    .min(1)
    .max(30 * 86_400)
    .nullable(),
  /** Readings under this key are stored under the key named here, as value * factor + shift. */
  aliasOf: MetricKey.nullable(),
  factor: z.number(),
  shift: z.number(),
  /** Personal: shown and exported to principals with telemetry:personal alone. */
  personal: z.boolean(),
});
export type MetricFacts = z.infer<typeof MetricFacts>;

export const Metric = MetricFacts.extend({
  key: MetricKey,
  /** How many series there are of it, as far as newest values are known. */
  series: z.number().int(),
  etag: z.string(),
}).meta({ id: 'Metric' });
export type Metric = z.infer<typeof Metric>;

/** What a metric is before anybody says more. */
export const plainMetric: MetricFacts = {
  title: null,
  unit: null,
  kind: 'gauge',
  low: null,
  high: null,
  wrapAt: null,
  stuckAfterS: null,
  aliasOf: null,
  factor: 1,
  shift: 0,
  personal: false,
};

/** One version of an uplink as a device may send it. */
export const PayloadSchema = z
  .object({
    channel: z.string(),
    version: z.number().int(),
    state: z.enum(['current', 'supported']),
    /** What the mapper to the next version changes. */
    migration: z.string().nullable(),
    jsonSchema: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'PayloadSchema' });
export type PayloadSchema = z.infer<typeof PayloadSchema>;
