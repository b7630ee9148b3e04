import { z } from 'zod';
import { Selector } from '../devices/devices.schema.js';
import { DeviceId, Id, Name } from '../ids.js';
import { Instant } from '../instant.js';
import { PageQuery, pageOf } from '../page.js';
import { Reason } from '../states.js';

export const campaignStates = [
  'draft',
  'awaiting_approval',
  'denied',
  'scheduled',
  'preparing',
  'running',
  'held',
  'halted',
  'pausing',
  'paused',
  'stopping',
  'stopped',
  'rolling_back',
  'completed',
  'completed_with_stragglers',
  'failed',
] as const;
export type CampaignState = (typeof campaignStates)[number];

export const waveStates = ['planned', 'open', 'soaking', 'passed', 'halted', 'empty', 'skipped'] as const;
export type WaveState = (typeof waveStates)[number];

export const executionStates = [
  'queued',
  'offered',
  'accepted',
  'deferred',
  'downloading',
  'downloaded',
  'installing',
  'rebooting',
  'verifying',
  'soaking',
  'rolling_back',
  'succeeded',
  'rejected',
  'failed',
  'timed_out',
  'cancelled',
  'superseded',
  'incompatible',
  'already_satisfied',
  'unreachable',
  'in_doubt',
  'regressed',
  'rolled_back',
  'rollback_blocked',
  'removed',
] as const;
export type ExecutionState = (typeof executionStates)[number];

/** States a device may report on up/execution; the server owns the others. `verifying` after boot carries firmwareVersion and checks. */
export const executionReportStates = [
  'accepted',
  'deferred',
  'downloading',
  'downloaded',
  'installing',
  'rebooting',
  'verifying',
  'succeeded',
  'failed',
  'rejected',
  'cancelled',
  'regressed',
] as const;
export type ExecutionReportState = (typeof executionReportStates)[number];

export const executionKinds = ['release', 'config', 'command'] as const;
export type ExecutionKind = (typeof executionKinds)[number];

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

/** Executions by where they stand; the nine add up to the number of targets. */
export const Counters = z
  .object({
    waiting: z.number().int(),
    queued: z.number().int(),
    inFlight: z.number().int(),
    succeeded: z.number().int(),
    failed: z.number().int(),
    timedOut: z.number().int(),
    rejected: z.number().int(),
    rolledBack: z.number().int(),
    other: z.number().int(),
  })
  .meta({ id: 'Counters' });
export type Counters = z.infer<typeof Counters>;

export const Wave = z
  .object({
    n: z.number().int(),
    state: z.enum(waveStates),
    ...Reason.shape,
    size: z.number().int(),
    cumulative: z.number().int(),
    plan: WavePlan,
    openedAt: Instant.nullable(),
    soakUntil: Instant.nullable(),
    counters: Counters,
    canProve: z.string(),
  })
  .meta({ id: 'Wave' });
export type Wave = z.infer<typeof Wave>;

export const verdicts = ['pass', 'hold', 'halt'] as const;
export type Verdict = (typeof verdicts)[number];

/** One line of a gate: what was measured, against which limit, over how many devices. */
export const GateCheck = z
  .object({
    code: z.string(),
    title: z.string(),
    observed: z.number().nullable(),
    limit: z.number(),
    n: z.number().int(),
    of: z.number().int(),
    unit: z.enum(['share', 'devices', 'seconds']),
    verdict: z.enum(['pass', 'hold', 'halt']),
  })
  .meta({ id: 'GateCheck' });
export type GateCheck = z.infer<typeof GateCheck>;

/** Evidence of one gate evaluation: recomputing judgeGate(inputs, limits) must give the same verdict and sentence. */
export const DecisionRecord = z
  .object({
    seq: z.number().int(),
    at: Instant,
    wave: z.number().int().nullable(),
    kind: z.string(),
    verdict: z.enum(verdicts).nullable(),
    code: z.string(),
    sentence: z.string(),
    inputs: z.record(z.string(), z.unknown()),
    limits: z.record(z.string(), z.unknown()),
    checks: z.array(GateCheck),
  })
  .meta({ id: 'DecisionRecord' });
export type DecisionRecord = z.infer<typeof DecisionRecord>;

export const Campaign = z
  .object({
    id: Id,
    name: z.string(),
    kind: z.enum(executionKinds),
    parentId: Id.nullable(),
    childId: Id.nullable(),
    state: z.enum(campaignStates),
    ...Reason.shape,
    sentence: z.string(),
    releaseId: Id.nullable(),
    releaseName: z.string().nullable(),
    releaseVersion: z.string().nullable(),
    configId: Id.nullable(),
    configNumber: z.number().int().nullable(),
    command: z.object({ name: z.string(), args: z.record(z.string(), z.unknown()) }).nullable(),
    selector: Selector,
    plan: CampaignPlan,
    targets: z.number().int(),
    exclusions: z.number().int(),
    counters: Counters,
    currentWave: z.number().int().nullable(),
    waves: z.array(Wave),
    gate: z.array(GateCheck),
    createdBy: z.string(),
    approvedBy: z.string().nullable(),
    createdAt: Instant,
    startedAt: Instant.nullable(),
    finishedAt: Instant.nullable(),
    version: z.number().int(),
  })
  .meta({ id: 'Campaign' });
export type Campaign = z.infer<typeof Campaign>;

export const CampaignSummary = Campaign.pick({
  id: true,
  name: true,
  kind: true,
  parentId: true,
  state: true,
  reasonCode: true,
  reasonDetail: true,
  since: true,
  sentence: true,
  releaseVersion: true,
  targets: true,
  counters: true,
  currentWave: true,
  createdBy: true,
  createdAt: true,
  startedAt: true,
  finishedAt: true,
})
  .extend({ waves: z.array(z.object({ n: z.number().int(), state: z.enum(waveStates), size: z.number().int() })) })
  .meta({ id: 'CampaignSummary' });
export type CampaignSummary = z.infer<typeof CampaignSummary>;

export const NewCampaign = z
  .strictObject({
    name: Name,
    kind: z.enum(executionKinds).default('release'),
    releaseId: Id.optional(),
    configId: Id.optional(),
    configNumber: z.number().int().min(1).optional(),
    command: z.strictObject({ name: z.string(), args: z.record(z.string(), z.unknown()).default({}) }).optional(),
    selector: Selector,
    plan: CampaignPlan,
  })
  .meta({ id: 'NewCampaign' });
export type NewCampaign = z.infer<typeof NewCampaign>;

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

export const Execution = z
  .object({
    id: Id,
    campaignId: Id,
    deviceId: DeviceId,
    deviceName: z.string(),
    attempt: z.number().int(),
    wave: z.number().int(),
    state: z.enum(executionStates),
    ...Reason.shape,
    phase: z.string().nullable(),
    progress: z.number().nullable(),
    releaseVersion: z.string().nullable(),
    previousVersion: z.string().nullable(),
    offeredAt: Instant.nullable(),
    deadlineAt: Instant.nullable(),
    finishedAt: Instant.nullable(),
    provisional: z.boolean(),
    version: z.number().int(),
  })
  .meta({ id: 'Execution' });
export type Execution = z.infer<typeof Execution>;

export const ExecutionQuery = PageQuery.extend({
  state: z.enum(executionStates).optional(),
  wave: z.coerce.number().int().min(1).optional(),
});

/** Failures put together by code and phase, with what the failed share more than the rest. */
export const FailureCluster = z
  .object({
    reasonCode: z.string(),
    phase: z.string().nullable(),
    state: z.enum(executionStates),
    count: z.number().int(),
    waves: z.array(z.number().int()),
    firstAt: Instant,
    lastAt: Instant,
    attributes: z.array(
      z.object({
        attribute: z.string(),
        value: z.string(),
        failed: z.number().int(),
        of: z.number().int(),
        lift: z.number(),
      }),
    ),
    sample: z.array(z.object({ deviceId: DeviceId, deviceName: z.string(), detail: z.string().nullable() })),
  })
  .meta({ id: 'FailureCluster' });
export type FailureCluster = z.infer<typeof FailureCluster>;

export const CampaignPage = pageOf(CampaignSummary);
export const CampaignQuery = PageQuery.extend({
  state: z.enum(campaignStates).optional(),
  active: z.enum(['true', 'false']).optional(),
  releaseId: Id.optional(),
});
