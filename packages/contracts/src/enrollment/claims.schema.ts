import { z } from 'zod';
import { Labels } from '../devices/devices.schema.js';
import { Id, Name } from '../ids.js';
import { Instant } from '../instant.js';
import { pageOf } from '../page.js';

/** What becomes of a device whose serial number the batch does not list. */
export const unlistedSerials = ['queue', 'refuse'] as const;

/** Serial numbers a batch lets in without asking; `used` once a device enrolled with one. */
export const ClaimSerial = z.object({
  serial: z.string(),
  usedAt: Instant.nullable(),
  deviceId: z.string().nullable(),
});
export const ClaimSerialPage = pageOf(ClaimSerial);

export const NewClaimBatch = z
  .strictObject({
    name: Name,
    /** Devices that may enrol with the batch in all, and in any hour. */
    quota: z.number().int().min(1).max(1_000_000),
    hourlyQuota: z.number().int().min(1).max(1_000_000).optional(),
    expiresInS: z
      .number()
      .int()
      .min(3600)
      .max(730 * 86_400)
      .default(365 * 86_400),
    class: Name.default('gateway'),
    site: Name.optional(),
    labels: Labels.default({}),
    model: Name.optional(),
    serials: z.array(Name).max(20_000).default([]),
    unlisted: z.enum(unlistedSerials).default('queue'),
    /** A request (PEM) when the key is made elsewhere; without one a key is made and shown once. */
    csr: z
      .string()
      .max(16 * 1024)
      .optional(),
    /** Demands that the key made here also comes as PKCS #12 under this password. */
    pkcs12Password: z.string().min(8).max(128).optional(),
  })
  .meta({ id: 'NewClaimBatch' });
export type NewClaimBatch = z.infer<typeof NewClaimBatch>;

/** A claim certificate shared by a batch of devices: it may enrol and nothing else. */
export const ClaimBatch = z
  .object({
    id: Id,
    name: z.string(),
    quota: z.number().int(),
    hourlyQuota: z.number().int().nullable(),
    enrolled: z.number().int(),
    enrolledLastHour: z.number().int(),
    pending: z.number().int(),
    listedSerials: z.number().int(),
    unlisted: z.enum(unlistedSerials),
    class: z.string(),
    site: z.string().nullable(),
    labels: Labels,
    model: z.string().nullable(),
    serial: z.string(),
    fingerprint: z.string(),
    certificate: z.string(),
    createdBy: z.string(),
    createdAt: Instant,
    expiresAt: Instant,
    revokedAt: Instant.nullable(),
  })
  .meta({ id: 'ClaimBatch' });
export type ClaimBatch = z.infer<typeof ClaimBatch>;
export const ClaimBatchPage = pageOf(ClaimBatch);

/** Shown once: the key is not kept. */
export const CreatedClaimBatch = ClaimBatch.extend({
  chain: z.array(z.string()),
  key: z.string().nullable(),
  /** Base64 of the PKCS #12 file. */
  pkcs12: z.string().nullable(),
  rootSha256: z.string(),
}).meta({ id: 'CreatedClaimBatch' });
export type CreatedClaimBatch = z.infer<typeof CreatedClaimBatch>;
