import { z } from 'zod';
import { Id } from '../ids.js';
import { Instant } from '../instant.js';
import { pageOf } from '../page.js';

/**
 * stuck: the sensor repeats itself though it used to vary. spike: one implausible reading between plausible ones. drift:
 * slowly away from its baseline, alone. anomaly: plausible readings, consistently unlike the baseline; look at the asset.
 * flood: the device sends more than it may.
 */
export const anomalyKinds = ['stuck', 'spike', 'drift', 'anomaly', 'flood'] as const;
export type AnomalyKind = (typeof anomalyKinds)[number];
/** The first three speak of the sensor, `anomaly` of what it measures, `flood` of the device. */
export const suspects = {
  stuck: 'sensor',
  spike: 'sensor',
  drift: 'sensor',
  anomaly: 'asset',
  flood: 'device',
} as const;

export const Anomaly = z
  .object({
    id: Id,
    deviceId: Id,
    deviceName: z.string(),
    site: z.string().nullable(),
    metric: z.string().nullable(),
    place: z.string().nullable(),
    asset: z.string().nullable(),
    kind: z.enum(anomalyKinds),
    suspect: z.enum(['sensor', 'asset', 'device']),
    state: z.enum(['open', 'closed']),
    since: Instant,
    lastSeenAt: Instant,
    closedAt: Instant.nullable(),
    /** How far out, in robust standard deviations (1.4826 x median absolute deviation); null for stuck and flood. */
    score: z.number().nullable(),
    observed: z.number().nullable(),
    expected: z.number().nullable(),
    /** One sentence with numbers. */
    sentence: z.string(),
  })
  .meta({ id: 'Anomaly' });
export type Anomaly = z.infer<typeof Anomaly>;
export const AnomalyPage = pageOf(Anomaly);
