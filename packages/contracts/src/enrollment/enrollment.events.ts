import { z } from 'zod';
import { Id } from '../ids.js';

export const enrollmentEvents = {
  'enrollment.token_created': z.object({ tokenId: Id }),
  'enrollment.token_used': z.object({ tokenId: Id, deviceId: Id }),
  'enrollment.refused': z.object({ tokenId: Id, code: z.string() }),
} as const;
