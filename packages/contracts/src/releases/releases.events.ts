import { z } from 'zod';
import { Id } from '../ids.js';
import { releaseStates } from './releases.schema.js';

export const releaseEvents = {
  'release.changed': z.object({ releaseId: Id, state: z.enum(releaseStates) }),
  'release.revoked': z.object({ releaseId: Id }),
} as const;
