import { z } from 'zod';
import { Labels } from '../devices/devices.schema.js';
import { Id, Name } from '../ids.js';
import { Instant } from '../instant.js';
import { pageOf } from '../page.js';

/**
 * Rows as JSON, or a CSV text (RFC 4180) whose header names the same fields; labels are columns `label.<key>`.
 * A bad row fails alone and says why; the same rows again change nothing.
 */
const rowsOrCsv = {
  rows: z.array(z.unknown()).min(1).max(5000).optional(),
  csv: z
    .string()
    .max(4 * 1024 * 1024)
    .optional(),
};
const exactlyOne = (input: { rows?: unknown; csv?: unknown }) =>
  (input.rows === undefined) !== (input.csv === undefined);

export const TokenRow = z.strictObject({
  name: Name.optional(),
  model: Name.optional(),
  serial: Name,
  class: Name.default('gateway'),
  site: Name.optional(),
  labels: Labels.default({}),
});
export const BulkTokens = z
  .strictObject({
    ...rowsOrCsv,
    expiresInS: z
      .number()
      .int()
      .min(300)
      .max(30 * 86_400)
      .default(86_400),
  })
  .refine(exactlyOne, { path: ['rows'], message: 'give rows or csv, not both' })
  .meta({ id: 'BulkTokens' });

const outcome = { row: z.number().int(), message: z.string().nullable() };
export const BulkTokensReport = z
  .object({
    created: z.number().int(),
    failed: z.number().int(),
    /** Secrets are shown here and never again. */
    rows: z.array(
      z.object({
        ...outcome,
        outcome: z.enum(['created', 'failed']),
        tokenId: Id.nullable(),
        serial: z.string().nullable(),
        token: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'BulkTokensReport' });

/** A key the device was made with, known by the SHA-256 of its public half (subject public key info), or by the key itself. */
export const RegisteredKeyRow = z
  .strictObject({
    model: Name,
    serial: Name,
    name: Name.optional(),
    hardwareRevision: Name.optional(),
    class: Name.default('gateway'),
    site: Name.optional(),
    labels: Labels.default({}),
    keySha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, '64 lower-case hex digits')
      .optional(),
    publicKey: z.string().max(4096).optional(),
  })
  .refine((row) => (row.keySha256 === undefined) !== (row.publicKey === undefined), {
    path: ['keySha256'],
    message: 'give keySha256 or publicKey, not both',
  });
export const BulkRegisteredKeys = z
  .strictObject(rowsOrCsv)
  .refine(exactlyOne, { path: ['rows'], message: 'give rows or csv, not both' })
  .meta({ id: 'BulkRegisteredKeys' });
export const BulkRegisteredKeysReport = z
  .object({
    created: z.number().int(),
    existing: z.number().int(),
    failed: z.number().int(),
    rows: z.array(
      z.object({
        ...outcome,
        outcome: z.enum(['created', 'existing', 'failed']),
        deviceId: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'BulkRegisteredKeysReport' });

export const RegisteredKey = z
  .object({
    id: Id,
    deviceId: z.string(),
    model: z.string(),
    serial: z.string(),
    keySha256: z.string(),
    createdBy: z.string(),
    createdAt: Instant,
    usedAt: Instant.nullable(),
    revokedAt: Instant.nullable(),
  })
  .meta({ id: 'RegisteredKey' });
export const RegisteredKeyPage = pageOf(RegisteredKey);

/** How a tenant enrols. */
export const EnrollmentSettings = z
  .object({
    /** Whether a device without any credential may ask and wait for a person. */
    operatorApproval: z.boolean(),
    maxPending: z.number().int().min(1).max(100_000),
    /** Enrolled devices at most; null for no limit. */
    maxDevices: z.number().int().min(1).nullable(),
    enrollmentsPerMinute: z.number().int().min(1).max(100_000),
    /** Life of device certificates in seconds, one hour to 398 days. */
    leafLifeS: z
      .number()
      .int()
      .min(3600)
      .max(398 * 86_400),
    /** How long after its end a certificate may still be renewed once, in seconds. */
    graceS: z
      .number()
      .int()
      .min(0)
      .max(365 * 86_400),
    /** Whether RSA keys (2048 to 4096 bits) are let in. */
    rsaKeys: z.boolean(),
    version: z.number().int(),
  })
  .meta({ id: 'EnrollmentSettings' });
export type EnrollmentSettings = z.infer<typeof EnrollmentSettings>;
export const EnrollmentSettingsPatch = z.strictObject(EnrollmentSettings.omit({ version: true }).partial().shape);
