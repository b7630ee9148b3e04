import { z } from 'zod';
import { DeviceId, Id } from '../ids.js';
import { PageQuery } from '../page.js';
import { route } from '../route.js';
import {
  ConfigChange,
  EffectiveConfig,
  GoldenConfigDetail,
  GoldenConfigPage,
  GoldenConfigPatch,
  NewConfigVersion,
  NewGoldenConfig,
} from './configs.schema.js';

const one = z.object({ configId: Id });
const version = z.object({ configId: Id, number: z.coerce.number().int().min(1) });

export const listConfigs = route({
  method: 'GET',
  path: '/configs',
  summary: 'Golden configs',
  permission: 'config:read',
  query: PageQuery,
  returns: GoldenConfigPage,
});
export const createConfig = route({
  method: 'POST',
  path: '/configs',
  summary: 'Create a golden config with a first draft',
  permission: 'config:write',
  body: NewGoldenConfig,
  returns: GoldenConfigDetail,
  status: 201,
  idempotent: true,
  refuses: ['validation_failed', 'already_exists'],
});
export const getConfig = route({
  method: 'GET',
  path: '/configs/:configId',
  summary: 'One golden config with its versions',
  permission: 'config:read',
  params: one,
  returns: GoldenConfigDetail,
  refuses: ['not_found'],
});
export const patchConfig = route({
  method: 'PATCH',
  path: '/configs/:configId',
  summary: 'Change name, selector or policy',
  permission: 'config:write',
  params: one,
  body: GoldenConfigPatch,
  returns: GoldenConfigDetail,
  match: true,
  refuses: ['not_found', 'precondition_failed', 'precondition_required'],
});
export const addConfigVersion = route({
  method: 'POST',
  path: '/configs/:configId/versions',
  summary: 'Draft the next version (replaces an unpublished draft)',
  permission: 'config:write',
  params: one,
  body: NewConfigVersion,
  returns: GoldenConfigDetail,
  status: 201,
  match: true,
  refuses: ['not_found', 'validation_failed', 'precondition_failed', 'precondition_required'],
});
export const publishConfig = route({
  method: 'POST',
  path: '/configs/:configId/versions/:number/publish',
  summary: 'Publish a version: it never changes again',
  permission: 'config:publish',
  params: version,
  returns: GoldenConfigDetail,
  match: true,
  refuses: ['not_found', 'version_immutable', 'precondition_failed', 'precondition_required'],
});
export const diffConfig = route({
  method: 'GET',
  path: '/configs/:configId/diff',
  summary: 'What changes between two versions',
  permission: 'config:read',
  params: one,
  query: z.object({ from: z.coerce.number().int().min(0), to: z.coerce.number().int().min(1) }),
  returns: z.object({ changes: z.array(ConfigChange) }),
  refuses: ['not_found'],
});
export const getDeviceConfig = route({
  method: 'GET',
  path: '/devices/:deviceId/config',
  summary: 'The config golden configs give a device, and which one each field comes from',
  permission: 'config:read',
  params: z.object({ deviceId: DeviceId }),
  returns: EffectiveConfig,
  refuses: ['not_found'],
});
