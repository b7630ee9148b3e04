import { z } from 'zod';
import { Id } from '../ids.js';
import { PageQuery } from '../page.js';
import { route } from '../route.js';
import { Archive, ArchivePage, Purge, PurgePage, RetentionPolicy, StoredDay } from './retention.schema.js';

export const getRetention = route({
  method: 'GET',
  path: '/retention',
  summary: 'What is kept for how long: the tenant first, then classes that differ',
  permission: 'telemetry:read',
  returns: z.object({ policies: z.array(RetentionPolicy) }),
});
export const setRetention = route({
  method: 'PUT',
  path: '/retention',
  summary: 'Replace all policies; exactly one without a class',
  permission: 'telemetry:retain',
  body: z.strictObject({ policies: z.array(RetentionPolicy).min(1).max(200) }),
  returns: z.object({ policies: z.array(RetentionPolicy) }),
  refuses: ['validation_failed'],
});
export const listStoredDays = route({
  method: 'GET',
  path: '/stored-days',
  summary: 'Days of raw messages in the database, newest first, with their tier and size',
  permission: 'telemetry:read',
  returns: z.object({ items: z.array(StoredDay) }),
});
export const listArchives = route({
  method: 'GET',
  path: '/archives',
  summary: 'Days of raw messages on the artifact store, newest first',
  permission: 'telemetry:read',
  query: PageQuery,
  returns: ArchivePage,
});
export const restoreArchive = route({
  method: 'POST',
  path: '/archives/:archiveId/restore',
  summary: 'Bring an archived day back into the database, where queries and exports find it',
  permission: 'telemetry:retain',
  params: z.object({ archiveId: Id }),
  body: z.strictObject({ days: z.number().int().min(1).max(365).default(7) }),
  returns: Archive,
  status: 202,
  refuses: ['not_found', 'conflict'],
});
export const listPurges = route({
  method: 'GET',
  path: '/purges',
  summary: 'Removals of measured data, newest first',
  permission: 'audit:read',
  query: PageQuery,
  returns: PurgePage,
});
export const createPurge = route({
  method: 'POST',
  path: '/purges',
  summary: 'Remove everything measured by one device, or by all (deviceId null, and the tenant named as confirmation)',
  permission: 'telemetry:purge',
  body: z.strictObject({
    deviceId: Id.nullable(),
    reason: z.string().min(1).max(500),
    confirm: z.string().max(120).optional(),
  }),
  returns: Purge,
  status: 202,
  idempotent: true,
  refuses: ['not_found', 'validation_failed'],
});
