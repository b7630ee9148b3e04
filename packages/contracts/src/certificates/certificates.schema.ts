import { z } from 'zod';
import { DeviceId, Id } from '../ids.js';
import { Instant } from '../instant.js';
import { PageQuery, pageOf } from '../page.js';
import { Reason } from '../states.js';

export const certificateStates = [
  'requested',
  'pending_approval',
  'issued',
  'active',
  'superseded',
  'on_hold',
  'expired',
  'revoked',
  'rejected',
] as const;
export type CertificateState = (typeof certificateStates)[number];
/** What let the device have it. */
export const certificateSources = ['token', 'claim', 'manufacturer', 'registered_key', 'approval', 'renewal'] as const;
export type CertificateSource = (typeof certificateSources)[number];
/** RFC 5280 5.3.1 reason codes we use. */
export const revocationReasons = [
  'unspecified',
  'keyCompromise',
  'cessationOfOperation',
  'privilegeWithdrawn',
  'superseded',
] as const;

export const Certificate = z
  .object({
    id: Id,
    deviceId: DeviceId,
    serial: z.string(),
    fingerprint: z.string(),
    state: z.enum(certificateStates),
    ...Reason.shape,
    subject: z.string(),
    uri: z.string(),
    issuer: z.string(),
    keyAlgorithm: z.string(),
    notBefore: Instant,
    notAfter: Instant,
    renewFrom: Instant,
    renewBy: Instant,
    createdAt: Instant,
    activatedAt: Instant.nullable(),
    revokedAt: Instant.nullable(),
    /** When no session of it was left. */
    sessionCutAt: Instant.nullable(),
    /** When somebody came with it and was turned away. */
    handshakeRefusedAt: Instant.nullable(),
    /** When it was proven that every new session with it is refused: by the registry, or by the broker in a handshake. */
    refusalProvenAt: Instant.nullable(),
    authorityId: Id,
    /** Generation of the authority that issued it. */
    generation: z.number().int(),
    source: z.enum(certificateSources),
    /** Renewed after its end, within the grace. */
    late: z.boolean(),
    crlUri: z.string(),
    pem: z.string(),
  })
  .meta({ id: 'Certificate' });
export type Certificate = z.infer<typeof Certificate>;

export const CertificatePage = pageOf(Certificate);

/** Over the whole fleet. `renewal`: due is inside its window, overdue past two thirds of its life. */
export const CertificateQuery = PageQuery.extend({
  state: z.enum(certificateStates).optional(),
  authorityId: Id.optional(),
  expiresBefore: Instant.optional(),
  renewal: z.enum(['due', 'overdue']).optional(),
  sort: z.enum(['notAfter', '-notAfter', '-createdAt']).default('notAfter'),
});
/** A certificate in a list over the fleet, with the name of its device. */
export const FleetCertificate = Certificate.omit({ pem: true })
  .extend({ deviceName: z.string() })
  .meta({ id: 'FleetCertificate' });
export type FleetCertificate = z.infer<typeof FleetCertificate>;
export const FleetCertificatePage = pageOf(FleetCertificate);

/** Body of POST /device/v1/renew over mutual TLS; answers an EnrollAnswer. */
export const RenewRequest = z.looseObject({
  csr: z
    .string()
    .min(1)
    .max(16 * 1024),
});

/** When a certificate should be renewed, as the server wants it now: GET /device/v1/renewal-info and its sibling under EST. */
export const RenewalInfo = z.looseObject({
  suggestedWindow: z.object({ start: Instant, end: Instant }),
  explanation: z.string().optional(),
  /** Seconds until it is worth asking again. */
  retryAfterS: z.number().int(),
});
export type RenewalInfo = z.infer<typeof RenewalInfo>;
