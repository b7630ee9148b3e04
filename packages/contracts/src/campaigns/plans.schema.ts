import { z } from 'zod';
import { DeviceId, Id } from '../ids.js';
import { Instant } from '../instant.js';

/** Cumulative size of a wave: a percentage of the eligible targets, or a number of devices. */
export const WaveSize = z.union([
  z.strictObject({ percent: z.number().gt(0).max(100) }),
  z.strictObject({ devices: z.number().int().min(1) }),
]);
export type WaveSize = z.infer<typeof WaveSize>;

/** A telemetry metric that must not move: mean per device after the update, against its own past and the control. */
export const MetricLimit = z
  .strictObject({
    metric: z.string().regex(/^[a-z][a-z0-9_.]{0,63}$/, 'must be a metric key such as temperature_c'),
    /** Which way is bad. */
    bad: z.enum(['up', 'down', 'both']),
    /** Largest change of the mean that is let pass, in the metric's own unit. */
    maxChange: z.number().gt(0),
  })
  .meta({ id: 'MetricLimit' });
export type MetricLimit = z.infer<typeof MetricLimit>;

/**
 * How updated devices must do in service. Their error rate is the share of expected heartbeats that were missing or
 * said `error`; it is compared with their own hours before the update and with devices not yet offered (the control),
 * as an absolute difference with an interval that holds at any number of looks.
 */
export const HealthLimits = z
  .strictObject({
    /** Largest rise of the error rate against the control, 0 to 1. */
    maxErrorRise: z.number().min(0).max(1).default(0.05),
    /** Halts when the error rate is more than this many times the devices' own before. */
    maxBurn: z.number().min(1).max(100).default(3),
    /** What a device's own past is: this long before its update. */
    baselineS: z
      .number()
      .int()
      .min(300)
      .max(7 * 86_400)
      .default(86_400),
    metrics: z.array(MetricLimit).max(10).default([]),
  })
  .meta({ id: 'HealthLimits' });
export type HealthLimits = z.infer<typeof HealthLimits>;

/** What a wave must show before the next one opens. Rates are shares of resolved devices, 0 to 1. What is left out is not judged. */
export const GateLimits = z
  .strictObject({
    maxFailureRate: z.number().min(0).max(1).default(0.05),
    maxTimeoutRate: z.number().min(0).max(1).default(0.1),
    maxRejectionRate: z.number().min(0).max(1).optional(),
    minSuccessRate: z.number().min(0).max(1).default(0.9),
    /** Nine of ten devices must be through from their yes to the confirmed boot within so many seconds. */
    maxInstallS: z
      .number()
      .int()
      .min(1)
      .max(7 * 86_400)
      .optional(),
    health: HealthLimits.optional(),
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

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

/**
 * A weekly maintenance window. `from` is local wall-clock time; the window lasts `minutes` of real time from there, so
 * a night on which clocks change is neither skipped nor doubled. `device` means the zone of the device's site, UTC without one.
 */
export const MaintenanceWindow = z
  .strictObject({
    days: z.array(z.enum(weekdays)).min(1).max(7),
    from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 22:30'),
    minutes: z
      .number()
      .int()
      .min(15)
      .max(24 * 60),
    timezone: z.string().min(1).max(64).default('device'),
  })
  .meta({ id: 'MaintenanceWindow' });
export type MaintenanceWindow = z.infer<typeof MaintenanceWindow>;

/** What a device must have before it begins; it answers `deferred` and is asked again later. */
export const Preconditions = z
  .strictObject({
    minBatteryPercent: z.number().int().min(1).max(100).optional(),
    mainsPower: z.boolean().optional(),
    minFreeDiskMb: z.number().int().min(1).max(1_000_000).optional(),
  })
  .meta({ id: 'Preconditions' });
export type Preconditions = z.infer<typeof Preconditions>;

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
    /** Starts by itself at this time; targets are frozen then. */
    startAt: Instant.optional(),
    windows: z.array(MaintenanceWindow).max(20).optional(),
    /** Most devices of one site that may be updating at once: a number, or a share of the site's targets, rounded down. */
    siteBudget: WaveSize.optional(),
    preconditions: Preconditions.optional(),
    /** A device waits a random part of this before it restarts into the release. */
    jitterS: z.number().int().min(0).max(3600).optional(),
    /** Devices that come to match after the launch join the last open wave as far as its size allows, under the same cap. */
    lateJoiners: z.boolean().optional(),
    /** Without it a device that runs a newer version is left out. */
    allowDowngrade: z.boolean().optional(),
  })
  .meta({ id: 'CampaignPlan' });
export type CampaignPlan = z.infer<typeof CampaignPlan>;

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
    /** A `refusal` would stop the launch; a `warning` only ought to be known. */
    problems: z.array(z.object({ code: z.string(), detail: z.string(), severity: z.enum(['refusal', 'warning']) })),
    previousVersions: z.array(z.object({ version: z.string().nullable(), count: z.number().int() })),
    offline: z.number().int(),
    /** Bytes to hand out when every eligible device takes the full artifact; 0 where the campaign carries none. */
    bytes: z.number(),
    /** Where the first wave's mix is furthest from that of all targets: shares from 0 to 1. */
    firstWaveMix: z.array(
      z.object({
        attribute: z.enum(['model', 'site', 'version']),
        value: z.string().nullable(),
        share: z.number(),
        shareOfTargets: z.number(),
      }),
    ),
    /** What becomes of the campaign this one takes the place of. */
    supersedes: z
      .object({ campaignId: Id, name: z.string(), givenUp: z.number().int(), finishing: z.number().int() })
      .nullable(),
  })
  .meta({ id: 'CampaignPreview' });
export type CampaignPreview = z.infer<typeof CampaignPreview>;
