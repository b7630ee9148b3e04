import { z } from 'zod';
import { Id } from '../ids.js';
import { deviceStates } from './devices.schema.js';

const onDevice = z.object({ deviceId: Id });
export const deviceEvents = {
  'device.enrolled': onDevice,
  'device.changed': onDevice.extend({ state: z.enum(deviceStates).optional() }),
  /** Many at once; the devices are not named. */
  'device.group_pinned': z.object({ pinned: z.boolean(), changed: z.number().int() }),
  'device.connected': onDevice,
  'device.clone_suspected': onDevice.extend({ sentence: z.string() }),
  'device.swapped': onDevice.extend({ successorId: Id }),
  'device.online': onDevice,
  'device.offline': onDevice,
  'device.drifted': onDevice.extend({ fields: z.number().int() }),
  'device.converged': onDevice,
  'twin.desired_changed': onDevice.extend({ version: z.number().int() }),
  'twin.reported': onDevice.extend({ version: z.number().int() }),
} as const;
