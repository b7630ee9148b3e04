import { z } from 'zod';
import { Id } from '../ids.js';

export const trustEvents = {
  'trust.change_proposed': z.object({ changeId: Id }),
  'trust.change_decided': z.object({ changeId: Id }),
  'trust.rollover_changed': z.object({ rolloverId: Id }),
  /** A new bundle: every device that is connected is told. */
  'trust.bundle_made': z.object({ number: z.number().int() }),
} as const;
