import { z } from 'zod';
import { Id } from '../ids.js';

export const configEvents = {
  'config.changed': z.object({ configId: Id }),
  'config.published': z.object({ configId: Id, number: z.number().int() }),
  'config.rendered': z.object({ configId: Id, devices: z.number().int() }),
} as const;
