import { z } from 'zod';
import { Id, Name } from '../ids.js';
import { Instant } from '../instant.js';
import { pageOf } from '../page.js';

/** While engaged nothing is offered and no command is sent in the whole tenant; campaigns stay paused after it is released. */
export const KillSwitch = z
  .object({
    engaged: z.boolean(),
    since: Instant.nullable(),
    by: z.string().nullable(),
    reason: z.string().nullable(),
  })
  .meta({ id: 'KillSwitch' });
export type KillSwitch = z.infer<typeof KillSwitch>;

export const SetKillSwitch = z
  .strictObject({ engaged: z.boolean(), reason: z.string().min(1).max(500) })
  .meta({ id: 'SetKillSwitch' });

/** A time in which campaigns offer nothing, everywhere or at some sites. A rollback is never held back by it. */
export const Freeze = z
  .object({
    id: Id,
    name: z.string(),
    startsAt: Instant,
    endsAt: Instant,
    sites: z.array(z.string()).nullable(),
    createdBy: z.string(),
    createdAt: Instant,
  })
  .meta({ id: 'Freeze' });
export type Freeze = z.infer<typeof Freeze>;

export const NewFreeze = z
  .strictObject({
    name: Name,
    startsAt: Instant,
    endsAt: Instant,
    sites: z.array(Name).min(1).max(200).nullable().default(null),
  })
  .meta({ id: 'NewFreeze' });
export type NewFreeze = z.infer<typeof NewFreeze>;

export const FreezePage = pageOf(Freeze);
