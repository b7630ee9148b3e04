/** A state never stands alone: why it is so, and since when. */
import { z } from 'zod';
import { Instant } from './instant.js';

export const Reason = z.object({
  reasonCode: z.string().nullable(),
  reasonDetail: z.string().nullable(),
  since: Instant,
});
export type Reason = z.infer<typeof Reason>;
