import { z } from 'zod';
import { PageQuery, pageOf } from '../page.js';
import { route } from '../route.js';
import { AuditEntry } from './audit.schema.js';

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
