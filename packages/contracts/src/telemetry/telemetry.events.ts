import { z } from 'zod';
import { Id } from '../ids.js';

export const telemetryEvents = {
  'dead_letter.replay_requested': z.object({ deadLetterId: z.string() }),
  'telemetry.first': z.object({ deviceId: Id }),
} as const;
