import { z } from 'zod';

/** RFC 3339 in UTC with milliseconds, e.g. 2026-11-21T05:47:00.000Z. */
export const Instant = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/, 'must be RFC 3339 UTC with milliseconds');
export type Instant = z.infer<typeof Instant>;
