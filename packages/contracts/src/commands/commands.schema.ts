import { z } from 'zod';
import { DeviceId, Id } from '../ids.js';
import { Instant } from '../instant.js';
import { PageQuery, pageOf } from '../page.js';
import { Reason } from '../states.js';

export const commandStates = [
  'queued',
  'sent',
  'acknowledged',
  'succeeded',
  'failed',
  'rejected',
  'timed_out',
  'expired',
  'cancelling',
  'cancelled',
  'unknown',
] as const;
export type CommandState = (typeof commandStates)[number];
/** States a device may report; the server owns the rest. */
export const commandReportStates = [
  'acknowledged',
  'succeeded',
  'failed',
  'rejected',
  'expired',
  'cancelled',
  'unknown',
] as const;

/** What a device can be told to do. `idempotent` ones may run again after a crash; the others end `unknown`. */
export const commandCatalogue = {
  ping: {
    title: 'Ping',
    args: z.strictObject({ payload: z.string().max(200).optional() }),
    idempotent: true,
    timeoutS: 30,
  },
  reboot: {
    title: 'Reboot',
    args: z.strictObject({ delayS: z.number().int().min(0).max(3600).optional() }),
    idempotent: false,
    timeoutS: 300,
  },
  read_diagnostics: { title: 'Read diagnostics', args: z.strictObject({}), idempotent: true, timeoutS: 60 },
} as const;
export type CommandName = keyof typeof commandCatalogue;
export const commandNames = Object.keys(commandCatalogue) as [CommandName, ...CommandName[]];

export const Command = z
  .object({
    id: Id,
    deviceId: DeviceId,
    name: z.enum(commandNames),
    args: z.record(z.string(), z.unknown()),
    state: z.enum(commandStates),
    ...Reason.shape,
    seq: z.number().int(),
    timeoutS: z.number().int(),
    expiresAt: Instant,
    createdAt: Instant,
    createdBy: z.string(),
    sentAt: Instant.nullable(),
    acknowledgedAt: Instant.nullable(),
    finishedAt: Instant.nullable(),
    progress: z.number().nullable(),
    result: z.unknown().nullable(),
    version: z.number().int(),
  })
  .meta({ id: 'Command' });
export type Command = z.infer<typeof Command>;

export const NewCommand = z
  .strictObject({
    name: z.enum(commandNames),
    args: z.record(z.string(), z.unknown()).default({}),
    timeoutS: z.number().int().min(1).max(86_400).optional(),
    expiresInS: z
      .number()
      .int()
      .min(1)
      .max(7 * 86_400)
      .default(300),
  })
  .meta({ id: 'NewCommand' });
export type NewCommand = z.infer<typeof NewCommand>;

export const CommandQuery = PageQuery.extend({ state: z.enum(commandStates).optional() });
export const CommandPage = pageOf(Command);
