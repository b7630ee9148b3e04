import { z } from 'zod';
import { campaignStates, NewCampaign } from './campaigns.schema.js';

/** A campaign played in virtual time: the same engine, the fleet's own presence, and a release that is as bad as you say. */
export const RehearsalRequest = z
  .strictObject({
    campaign: NewCampaign,
    /** Share of devices the release fails on, 0 to 1. */
    failureRate: z.number().min(0).max(1).default(0),
    runs: z.number().int().min(1).max(200).default(20),
    seed: z.number().int().min(0).default(1),
  })
  .meta({ id: 'RehearsalRequest' });
export type RehearsalRequest = z.infer<typeof RehearsalRequest>;

const Spread = z.object({ p50: z.number(), p90: z.number(), max: z.number() });

export const Rehearsal = z
  .object({
    sentence: z.string(),
    targets: z.number().int(),
    /** Of the targets, so many have a presence history to go by; the others are taken to be like the rest. */
    withHistory: z.number().int(),
    runs: z.number().int(),
    haltShare: z.number(),
    durationS: Spread,
    /** Devices that had the release when it halted, over the runs that did; at the end where none did. */
    exposed: Spread,
    ends: z.array(z.object({ state: z.enum(campaignStates), runs: z.number().int() })),
    /** Chance that the first wave, and that any wave, halts a release that fails on this share of devices. */
    power: z.array(z.object({ failureRate: z.number(), firstWave: z.number(), anyWave: z.number() })),
    /** Updated devices over time, of the run in the middle: seconds from the launch, and devices. */
    curve: z.array(z.tuple([z.number(), z.number()])),
    waves: z.array(
      z.object({ n: z.number().int(), size: z.number().int(), opensS: Spread.nullable(), passesS: Spread.nullable() }),
    ),
    tookMs: z.number(),
  })
  .meta({ id: 'Rehearsal' });
export type Rehearsal = z.infer<typeof Rehearsal>;
