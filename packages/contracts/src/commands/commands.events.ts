import { z } from 'zod';
import { Id } from '../ids.js';
import { commandStates } from './commands.schema.js';

/** A command came into being or changed state. Key: the device. */
export const commandEvents = {
  'command.created': z.object({ commandId: Id, deviceId: Id }),
  'command.changed': z.object({ commandId: Id, deviceId: Id, state: z.enum(commandStates) }),
  'command.cancel_requested': z.object({ commandId: Id, deviceId: Id }),
} as const;
