import { z } from 'zod';
import { Id } from '../ids.js';

export const configEvents = {
  /** `members`: which devices it is for may have changed. */
  'config.changed': z.object({ configId: Id, members: z.boolean().optional() }),
  'config.published': z.object({ configId: Id, number: z.number().int() }),
  /** Devices whose desired config changed, in one batch of a rendering. */
  'config.rendered': z.object({ configId: Id, devices: z.number().int() }),
} as const;
