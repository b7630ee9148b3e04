import { z } from 'zod';
import { Id } from '../ids.js';
import { Instant } from '../instant.js';
import { pageOf } from '../page.js';

/** How long what is kept, for a tenant (`class` null) or one of its device classes. */
export const RetentionPolicy = z
  .object({
    class: z.string().max(64).nullable(),
    rawDays: z.number().int().min(1).max(3650),
    hourlyDays: z.number().int().min(1).max(3650),
    /** Raw days older than this are rewritten in device order, by the shortest setting of those who keep them. */
    warmAfterDays: z.number().int().min(1).max(3650),
    /** Whether raw data that ends is archived as Parquet before. */
    archive: z.boolean(),
  })
  .meta({ id: 'RetentionPolicy' });
export type RetentionPolicy = z.infer<typeof RetentionPolicy>;

export const defaultRetention: Omit<RetentionPolicy, 'class'> = {
  rawDays: 180,
  hourlyDays: 3 * 365,
  warmAfterDays: 30,
  archive: false,
};

export const dayTiers = ['hot', 'warm', 'restored'] as const;
/** One day of raw messages as it lies in the database. */
export const StoredDay = z
  .object({
    day: z.iso.date(),
    tier: z.enum(dayTiers),
    rows: z.number().int().nullable(),
    bytes: z.number().int(),
  })
  .meta({ id: 'StoredDay' });
export type StoredDay = z.infer<typeof StoredDay>;

export const archiveStates = ['writing', 'kept', 'restoring', 'restored', 'failed'] as const;
/** One day of a tenant's raw messages as a Parquet file with its manifest on the artifact store. */
export const Archive = z
  .object({
    id: Id,
    day: z.iso.date(),
    state: z.enum(archiveStates),
    rows: z.number().int(),
    bytes: z.number().int(),
    sha256: z.string().nullable(),
    /** When the file was read back and compared with the rows. */
    checkedAt: Instant.nullable(),
    /** Until when a restored day stays in the database. */
    restoredUntil: Instant.nullable(),
    detail: z.string().nullable(),
    createdAt: Instant,
  })
  .meta({ id: 'Archive' });
export type Archive = z.infer<typeof Archive>;
export const ArchivePage = pageOf(Archive);

export const purgeStates = ['queued', 'running', 'done', 'failed'] as const;
/** The removal of everything measured by a device, or by all devices of the tenant: raw, aggregates, archives, dead letters. */
export const Purge = z
  .object({
    id: Id,
    scope: z.enum(['device', 'tenant']),
    deviceId: Id.nullable(),
    reason: z.string(),
    requestedBy: z.string(),
    requestedAt: Instant,
    state: z.enum(purgeStates),
    finishedAt: Instant.nullable(),
    /** Rows removed, by kind of data. */
    removed: z.record(z.string(), z.number().int()),
    detail: z.string().nullable(),
  })
  .meta({ id: 'Purge' });
export type Purge = z.infer<typeof Purge>;
export const PurgePage = pageOf(Purge);
