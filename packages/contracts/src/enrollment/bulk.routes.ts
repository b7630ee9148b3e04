import { z } from 'zod';
import { DeviceId, Id } from '../ids.js';
import { PageQuery } from '../page.js';
import { route } from '../route.js';
import {
  BulkRegisteredKeys,
  BulkRegisteredKeysReport,
  BulkTokens,
  BulkTokensReport,
  EnrollmentSettings,
  EnrollmentSettingsPatch,
  RegisteredKey,
  RegisteredKeyPage,
} from './bulk.schema.js';

export const createEnrollmentTokens = route({
  method: 'POST',
  path: '/enrollment-tokens/bulk',
  summary: 'Make one-time tokens bound to serial numbers, with a report per row; secrets are shown once',
  permission: 'enrollment:write',
  body: BulkTokens,
  bodyLimit: 6 * 1024 * 1024,
  returns: BulkTokensReport,
  refuses: ['validation_failed'],
});
export const registerKeys = route({
  method: 'POST',
  path: '/registered-keys/bulk',
  summary: 'Pre-register devices with the keys they were made with, with a report per row',
  permission: 'enrollment:write',
  body: BulkRegisteredKeys,
  bodyLimit: 6 * 1024 * 1024,
  returns: BulkRegisteredKeysReport,
  idempotent: true,
  refuses: ['validation_failed'],
});
export const listRegisteredKeys = route({
  method: 'GET',
  path: '/registered-keys',
  summary: 'Keys devices were made with, newest first',
  permission: 'enrollment:read',
  query: PageQuery,
  returns: RegisteredKeyPage,
});
export const revokeRegisteredKey = route({
  method: 'POST',
  path: '/registered-keys/:keyId/revoke',
  summary: 'Let no device in by this key',
  permission: 'enrollment:write',
  params: z.object({ keyId: Id }),
  returns: RegisteredKey,
  refuses: ['not_found'],
});
export const getEnrollmentSettings = route({
  method: 'GET',
  path: '/enrollment-settings',
  summary: 'How the tenant enrols',
  permission: 'enrollment:read',
  returns: EnrollmentSettings,
});
export const patchEnrollmentSettings = route({
  method: 'PATCH',
  path: '/enrollment-settings',
  summary: 'Change how the tenant enrols',
  permission: 'trust:write',
  body: EnrollmentSettingsPatch,
  returns: EnrollmentSettings,
  match: true,
  refuses: ['validation_failed', 'precondition_failed', 'precondition_required'],
});
export const readmitDevice = route({
  method: 'POST',
  path: '/devices/:deviceId/readmit',
  summary: 'Let a device that is out enrol once more; the permission is spent by use',
  permission: 'enrollment:approve',
  params: z.object({ deviceId: DeviceId }),
  body: z.strictObject({ reason: z.string().min(1).max(500) }),
  status: 204,
  refuses: ['not_found', 'transition_refused'],
});
