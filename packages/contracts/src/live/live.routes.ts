import { z } from 'zod';
import { route } from '../route.js';

/** Server-sent events: `id` is the outbox position, `event` the letter type, `data` its payload. Last-Event-ID resumes. */
export const liveStream = route({
  method: 'GET',
  path: '/live',
  summary: 'Live stream of changes (SSE)',
  permission: null,
  query: z.object({ after: z.coerce.number().int().min(0).optional() }),
});
