import { z } from 'zod';
import { Instant } from '../instant.js';

/** What came in for a tenant within ten seconds, over all processes. Rates are counts divided by `seconds`. */
export const IngestSlot = z
  .object({
    at: Instant,
    seconds: z.number(),
    stored: z.number().int(),
    readings: z.number().int(),
    duplicates: z.number().int(),
    deadLettered: z.number().int(),
    /** Held back because their device sent too much. */
    shed: z.number().int(),
    bytes: z.number().int(),
    /** From arrival to commit, in ms. */
    commitMs: z.object({ p50: z.number(), p99: z.number() }).nullable(),
    /** From the device's clock to commit, for messages that did not wait in a buffer, in ms. */
    lagMs: z.object({ p50: z.number(), p99: z.number() }).nullable(),
  })
  .meta({ id: 'IngestSlot' });
export type IngestSlot = z.infer<typeof IngestSlot>;

export const IngestProcess = z
  .object({
    name: z.string(),
    doors: z.array(z.string()),
    seenAt: Instant,
    waiting: z.number().int(),
    paused: z.boolean(),
    rssBytes: z.number().int(),
  })
  .meta({ id: 'IngestProcess' });
export type IngestProcess = z.infer<typeof IngestProcess>;

/** How the ingest does: the last hour in slots, who does it, and what waits. */
export const IngestStatus = z
  .object({
    slots: z.array(IngestSlot),
    processes: z.array(IngestProcess),
    rollups: z.object({ waiting: z.number().int(), oldest: Instant.nullable() }),
    deadLetters: z.array(z.object({ reason: z.string(), count: z.number().int() })),
    flooding: z.array(z.object({ deviceId: z.string(), name: z.string(), since: Instant, shed: z.number().int() })),
    partitions: z.object({
      daysAhead: z.number().int(),
      ahead: Instant.nullable(),
      count: z.number().int(),
      bytes: z.number().int(),
    }),
  })
  .meta({ id: 'IngestStatus' });
export type IngestStatus = z.infer<typeof IngestStatus>;
