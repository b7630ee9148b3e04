import { z } from 'zod';
import { DeviceId, Id } from '../ids.js';
import { Instant } from '../instant.js';
import { PageQuery, pageOf } from '../page.js';

export const approvalStates = ['pending', 'approved', 'rejected', 'expired'] as const;
/**
 * Why a person is asked: the serial number is not on the batch's list, the manufacturer's devices all wait, a device without
 * any credential asked (only where the tenant allows it), or a certificate expired beyond its grace.
 */
export const approvalKinds = ['claim', 'manufacturer', 'operator', 'late_renewal'] as const;

export const Approval = z
  .object({
    id: Id,
    state: z.enum(approvalStates),
    kind: z.enum(approvalKinds),
    /** The name of the batch or manufacturer. */
    via: z.string().nullable(),
    model: z.string(),
    serial: z.string(),
    name: z.string().nullable(),
    /** Set for a device that is registered already. */
    deviceId: DeviceId.nullable(),
    keySha256: z.string(),
    /** The fingerprint of the key as words, as the device shows them. */
    words: z.array(z.string()),
    keyAlgorithm: z.string(),
    sourceAddress: z.string().nullable(),
    createdAt: Instant,
    lastAskedAt: Instant,
    expiresAt: Instant,
    decidedBy: z.string().nullable(),
    decidedAt: Instant.nullable(),
    reason: z.string().nullable(),
  })
  .meta({ id: 'Approval' });
export type Approval = z.infer<typeof Approval>;
export const ApprovalPage = pageOf(Approval);
export const ApprovalQuery = PageQuery.extend({ state: z.enum(approvalStates).optional() });

/** What a device gets (202) while a person has not decided; it asks again with the same request. */
export const PendingAnswer = z
  .looseObject({
    pending: z.literal(true),
    approvalId: Id,
    words: z.array(z.string()),
    retryAfterS: z.number().int(),
  })
  .meta({ id: 'PendingAnswer' });
export type PendingAnswer = z.infer<typeof PendingAnswer>;
