import { z } from 'zod';
import { DeviceId, Id } from '../ids.js';
import { Instant } from '../instant.js';
import { PageQuery } from '../page.js';
import { Reason } from '../states.js';

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
    /** Not offered before this: a deferral, or the pause after repeated failures. */
    notBefore: Instant.nullable(),
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

/** Properties of a device by which failures are compared and slices are cut. */
export const sliceAttributes = ['model', 'site', 'hardwareRevision', 'fromVersion', 'agentVersion', 'class'] as const;
export type SliceAttribute = (typeof sliceAttributes)[number];

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
        attribute: z.enum(sliceAttributes),
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
