import { z } from 'zod';
import { DeviceId } from '../ids.js';

/** Cumulative size of a wave: a percentage of the eligible targets, or a number of devices. */
export const WaveSize = z.union([
  z.strictObject({ percent: z.number().gt(0).max(100) }),
  z.strictObject({ devices: z.number().int().min(1) }),
]);
export type WaveSize = z.infer<typeof WaveSize>;

/** What a wave must show before the next one opens. Rates are shares of resolved devices, 0 to 1. */
export const GateLimits = z
  .strictObject({
    maxFailureRate: z.number().min(0).max(1).default(0.05),
    maxTimeoutRate: z.number().min(0).max(1).default(0.1),
    minSuccessRate: z.number().min(0).max(1).default(0.9),
    minSample: z.number().int().min(1).default(10),
    minResolvedShare: z.number().min(0).max(1).default(0.9),
    soakS: z
      .number()
      .int()
      .min(0)
      .max(30 * 86_400)
      .default(60),
  })
  .meta({ id: 'GateLimits' });
export type GateLimits = z.infer<typeof GateLimits>;

export const WavePlan = z
  .strictObject({ size: WaveSize, gate: GateLimits.optional(), holdAfter: z.boolean().optional() })
  .meta({ id: 'WavePlan' });
export type WavePlan = z.infer<typeof WavePlan>;

export const CampaignPlan = z
  .strictObject({
    waves: z.array(WavePlan).min(1).max(50),
    gate: GateLimits,
    concurrency: z.number().int().min(1).max(100_000).default(100),
    ratePerMinute: z.number().int().min(1).max(100_000).nullable().default(null),
    deadlineS: z
      .number()
      .int()
      .min(10)
      .max(30 * 86_400)
      .default(3600),
    stepTimeoutS: z.number().int().min(5).max(86_400).default(900),
    deviceSoakS: z.number().int().min(0).max(86_400).default(30),
    retries: z.number().int().min(0).max(10).default(0),
    autoRollback: z.boolean().default(true),
    approval: z.boolean().default(false),
  })
  .meta({ id: 'CampaignPlan' });
export type CampaignPlan = z.infer<typeof CampaignPlan>;

/** What everyone expects: 1% → 10% → 100%. */
export const defaultWaves: readonly WavePlan[] = [
  { size: { percent: 1 } },
  { size: { percent: 10 } },
  { size: { percent: 100 } },
];

export const Exclusion = z
  .object({ deviceId: DeviceId, deviceName: z.string(), reasonCode: z.string(), reasonDetail: z.string().nullable() })
  .meta({ id: 'Exclusion' });

/** What a launch would do, without doing it. */
export const CampaignPreview = z
  .object({
    matched: z.number().int(),
    eligible: z.number().int(),
    waves: z.array(
      z.object({
        n: z.number().int(),
        size: z.number().int(),
        cumulative: z.number().int(),
        canProve: z.string(),
        minSample: z.number().int(),
      }),
    ),
    exclusions: z.array(z.object({ reasonCode: z.string(), count: z.number().int(), sample: z.array(Exclusion) })),
    problems: z.array(z.object({ code: z.string(), detail: z.string() })),
    previousVersions: z.array(z.object({ version: z.string().nullable(), count: z.number().int() })),
    offline: z.number().int(),
  })
  .meta({ id: 'CampaignPreview' });
export type CampaignPreview = z.infer<typeof CampaignPreview>;
