import { z } from 'zod';
import { Id } from '../ids.js';
import { PageQuery } from '../page.js';
import { route } from '../route.js';
import { Freeze, FreezePage, KillSwitch, NewFreeze, SetKillSwitch } from './brakes.schema.js';

export const getKillSwitch = route({
  method: 'GET',
  path: '/kill-switch',
  summary: 'Whether everything is stopped',
  permission: 'campaign:read',
  returns: KillSwitch,
});
export const setKillSwitch = route({
  method: 'POST',
  path: '/kill-switch',
  summary: 'Stop all campaigns and commands of the tenant, or let them go on',
  permission: 'fleet:stop',
  body: SetKillSwitch,
  returns: KillSwitch,
  status: 200,
  refuses: ['validation_failed'],
});
export const listFreezes = route({
  method: 'GET',
  path: '/freezes',
  summary: 'Freezes, the next to end first',
  permission: 'campaign:read',
  query: PageQuery.extend({ past: z.enum(['true', 'false']).optional() }),
  returns: FreezePage,
});
export const createFreeze = route({
  method: 'POST',
  path: '/freezes',
  summary: 'Let campaigns offer nothing for a time',
  permission: 'campaign:operate',
  body: NewFreeze,
  returns: Freeze,
  status: 201,
  idempotent: true,
  refuses: ['validation_failed'],
});
export const deleteFreeze = route({
  method: 'DELETE',
  path: '/freezes/:freezeId',
  summary: 'Take a freeze away',
  permission: 'campaign:operate',
  params: z.object({ freezeId: Id }),
  status: 204,
  refuses: ['not_found'],
});
