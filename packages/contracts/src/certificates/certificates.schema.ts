import { z } from 'zod';
import { DeviceId, Id } from '../ids.js';
import { Instant } from '../instant.js';
import { pageOf } from '../page.js';
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
    sessionCutAt: Instant.nullable(),
    handshakeRefusedAt: Instant.nullable(),
  })
  .meta({ id: 'Certificate' });
export type Certificate = z.infer<typeof Certificate>;

export const CertificatePage = pageOf(Certificate);

/** Body of POST /device/v1/renew over mutual TLS; answers an EnrollAnswer. */
export const RenewRequest = z.looseObject({
  csr: z
    .string()
    .min(1)
    .max(16 * 1024),
});
