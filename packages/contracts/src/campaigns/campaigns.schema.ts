import { z } from 'zod';
import { Selector } from '../devices/devices.schema.js';
import { Id, Name } from '../ids.js';
import { Instant } from '../instant.js';
import { PageQuery, pageOf } from '../page.js';
import { Reason } from '../states.js';
import { DecisionRecord, GateCheck } from './decisions.schema.js';
import { executionKinds } from './executions.schema.js';
import { CampaignPlan, WavePlan } from './plans.schema.js';

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

export const Campaign = z
  .object({
    id: Id,
    name: z.string(),
    kind: z.enum(executionKinds),
    parentId: Id.nullable(),
    /** The campaign whose failed devices this one tries again. */
    retryOf: Id.nullable(),
    supersedes: Id.nullable(),
    supersededBy: Id.nullable(),
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
    /** Work is left and nothing has moved since. */
    stalledSince: Instant.nullable(),
    /** Bytes of artifacts handed out, and what deltas spared. */
    bytesSent: z.number(),
    bytesSpared: z.number(),
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
  stalledSince: true,
})
  .extend({
    waves: z.array(z.object({ n: z.number().int(), state: z.enum(waveStates), size: z.number().int() })),
    /** Code of the gate that holds the wave under way: waiting_for_sample, no_evidence; null where none is held. */
    waitsFor: z.string().nullable(),
  })
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
    /** Takes the place of this campaign at launch: that one stops, and its devices are free for this one. */
    supersedes: Id.optional(),
  })
  .meta({ id: 'NewCampaign' });
export type NewCampaign = z.infer<typeof NewCampaign>;

/** What changes of a draft; a change takes an approval back. */
export const CampaignPatch = z
  .strictObject({
    name: Name.optional(),
    releaseId: Id.optional(),
    selector: Selector.optional(),
    plan: CampaignPlan.optional(),
    supersedes: Id.nullable().optional(),
  })
  .meta({ id: 'CampaignPatch' });
export type CampaignPatch = z.infer<typeof CampaignPatch>;

/** What a stop would do now to whom: nothing is done. */
export const StopPreview = z
  .object({
    groups: z.array(
      z.object({
        effect: z.enum(['never_offered', 'recalled', 'finishes', 'soaks_on', 'stays_updated']),
        count: z.number().int(),
        sentence: z.string(),
      }),
    ),
  })
  .meta({ id: 'StopPreview' });
export type StopPreview = z.infer<typeof StopPreview>;

/** Everything a decision was made from, to be judged again offline: `node tools/judge-again.mjs bundle.json`. */
export const EvidenceBundle = z
  .object({ campaign: Campaign, decisions: z.array(DecisionRecord) })
  .meta({ id: 'EvidenceBundle' });
export type EvidenceBundle = z.infer<typeof EvidenceBundle>;

export const CampaignPage = pageOf(CampaignSummary);
export const CampaignQuery = PageQuery.extend({
  state: z.enum(campaignStates).optional(),
  active: z.enum(['true', 'false']).optional(),
  releaseId: Id.optional(),
});
