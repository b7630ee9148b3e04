import { z } from 'zod';
import { Labels } from '../devices/devices.schema.js';
import { DeviceId, Id, Name, TenantId } from '../ids.js';
import { Instant } from '../instant.js';
import { pageOf } from '../page.js';

export const NewEnrollmentToken = z
  .strictObject({
    name: Name,
    maxUses: z.number().int().min(1).max(100_000).default(1),
    expiresInS: z
      .number()
      .int()
      .min(60)
      .max(30 * 86_400)
      .default(900),
    class: Name.default('gateway'),
    site: Name.optional(),
    labels: Labels.default({}),
    model: Name.optional(),
    serial: Name.optional(),
  })
  .meta({ id: 'NewEnrollmentToken' });
export type NewEnrollmentToken = z.infer<typeof NewEnrollmentToken>;

/** Where the newest enrolment with a token stands: the live stepper of the console. */
export const EnrollmentSteps = z.object({
  deviceId: DeviceId.nullable(),
  tokenUsedAt: Instant.nullable(),
  certificateIssuedAt: Instant.nullable(),
  connectedAt: Instant.nullable(),
  firstTelemetryAt: Instant.nullable(),
  refusals: z.array(z.object({ at: Instant, code: z.string(), detail: z.string() })),
});

export const EnrollmentToken = z
  .object({
    id: Id,
    name: z.string(),
    prefix: z.string(),
    maxUses: z.number().int(),
    uses: z.number().int(),
    class: z.string(),
    site: z.string().nullable(),
    labels: Labels,
    model: z.string().nullable(),
    serial: z.string().nullable(),
    createdBy: z.string(),
    createdAt: Instant,
    expiresAt: Instant,
    revokedAt: Instant.nullable(),
    steps: EnrollmentSteps,
  })
  .meta({ id: 'EnrollmentToken' });
export type EnrollmentToken = z.infer<typeof EnrollmentToken>;

/** Shown once: the secret is stored as a hash. `command` is what a person copies to the device. */
export const CreatedEnrollmentToken = EnrollmentToken.extend({ token: z.string(), command: z.string() }).meta({
  id: 'CreatedEnrollmentToken',
});
export type CreatedEnrollmentToken = z.infer<typeof CreatedEnrollmentToken>;

export const EnrollmentTokenPage = pageOf(EnrollmentToken);

/** Body of POST /device/v1/enroll; the token travels as a bearer credential. `csr` is PEM or base64 DER, at most 16 KiB. */
export const EnrollRequest = z
  .looseObject({
    csr: z
      .string()
      .min(1)
      .max(16 * 1024),
    model: Name,
    hardwareRevision: Name.optional(),
    serial: Name,
    name: Name.optional(),
    agentVersion: z.string().max(64).optional(),
    /** Whom a device without a credential asks; it waits there for a person, where the tenant allows that. */
    tenant: TenantId.optional(),
    /** A simulated device says so, to be told apart from real ones everywhere. */
    synthetic: z.boolean().optional(),
  })
  .meta({ id: 'EnrollRequest' });
export type EnrollRequest = z.infer<typeof EnrollRequest>;

export const PublicKeySet = z.object({
  keys: z.array(z.looseObject({ kid: z.string(), kty: z.string(), use: z.string().optional() })),
});

export const EnrollAnswer = z
  .looseObject({
    deviceId: DeviceId,
    tenant: TenantId,
    certificate: z.string(),
    chain: z.array(z.string()),
    mqttUrl: z.string(),
    topicPrefix: z.string(),
    serverTime: Instant,
    heartbeatS: z.number().int(),
    renew: z.object({ start: Instant, end: Instant }),
    trust: PublicKeySet,
    /** The signed trust bundle in force, compact JWS. */
    bundle: z.string().optional(),
  })
  .meta({ id: 'EnrollAnswer' });
export type EnrollAnswer = z.infer<typeof EnrollAnswer>;
