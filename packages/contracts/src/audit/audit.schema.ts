import { z } from 'zod';
import { Instant } from '../instant.js';
import { PageQuery, pageOf } from '../page.js';
import { route } from '../route.js';

export const AuditEntry = z
  .object({
    seq: z.number().int(),
    at: Instant,
    actor: z.object({ kind: z.string(), id: z.string(), name: z.string() }),
    action: z.string(),
    resource: z.string(),
    before: z.unknown().nullable(),
    after: z.unknown().nullable(),
    reason: z.string().nullable(),
    requestId: z.string().nullable(),
    hash: z.string(),
    prevHash: z.string(),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;

export const listAudit = route({
  method: 'GET',
  path: '/audit',
  summary: 'Who did what, newest first',
  permission: 'audit:read',
  query: PageQuery.extend({ action: z.string().max(64).optional(), resource: z.string().max(200).optional() }),
  returns: pageOf(AuditEntry),
});
export const verifyAudit = route({
  method: 'GET',
  path: '/audit/verification',
  summary: 'Recompute the hash chain',
  permission: 'audit:read',
  returns: z.object({
    entries: z.number().int(),
    head: z.string(),
    intact: z.boolean(),
    firstBad: z.number().int().nullable(),
  }),
});
