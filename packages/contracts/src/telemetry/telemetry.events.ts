import { z } from 'zod';
import { Id } from '../ids.js';
import { anomalyKinds } from './anomalies.schema.js';

/** `sentence` is told without values where the metric is personal. */
const anomaly = z.object({
  anomalyId: Id,
  deviceId: Id,
  kind: z.enum(anomalyKinds),
  suspect: z.enum(['sensor', 'asset', 'device']),
  sentence: z.string(),
});

export const telemetryEvents = {
  'anomaly.opened': anomaly,
  'anomaly.closed': anomaly,
  'dead_letter.replay_requested': z.object({ deadLetterId: z.string() }),
  'dead_letter.replays_requested': z.object({ deadLetterIds: z.array(z.string()) }),
  'telemetry.first': z.object({ deviceId: Id }),
} as const;
