import { z } from 'zod';
import { DeviceId, Id } from '../ids.js';
import { route } from '../route.js';
import { Command, CommandPage, CommandQuery, NewCommand } from './commands.schema.js';

const onDevice = z.object({ deviceId: DeviceId });

export const sendCommand = route({
  method: 'POST',
  path: '/devices/:deviceId/commands',
  summary: 'Send a command to a device',
  permission: 'command:send',
  params: onDevice,
  body: NewCommand,
  returns: Command,
  status: 201,
  idempotent: true,
  refuses: ['not_found', 'validation_failed', 'device_tombstoned', 'kill_switch_engaged'],
});
export const listDeviceCommands = route({
  method: 'GET',
  path: '/devices/:deviceId/commands',
  summary: 'Commands of a device, newest first',
  permission: 'command:read',
  params: onDevice,
  query: CommandQuery,
  returns: CommandPage,
  refuses: ['not_found'],
});
export const getCommand = route({
  method: 'GET',
  path: '/commands/:commandId',
  summary: 'One command',
  permission: 'command:read',
  params: z.object({ commandId: Id }),
  returns: Command,
  refuses: ['not_found'],
});
export const cancelCommand = route({
  method: 'POST',
  path: '/commands/:commandId/cancel',
  summary: 'Cancel a command that has not finished',
  permission: 'command:send',
  params: z.object({ commandId: Id }),
  returns: Command,
  refuses: ['not_found', 'command_not_cancellable'],
});
