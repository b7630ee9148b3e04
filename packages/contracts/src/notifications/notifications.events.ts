import { z } from 'zod';
import { Id } from '../ids.js';

export const notificationEvents = {
  'notification.created': z.object({ notificationId: Id, severity: z.string() }),
} as const;
