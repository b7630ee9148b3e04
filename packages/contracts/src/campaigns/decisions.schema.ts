import { z } from 'zod';
import { Instant } from '../instant.js';

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
    /** `times` is a multiple; `metric` is in the metric's own unit. */
    unit: z.enum(['share', 'devices', 'seconds', 'times', 'metric']),
    verdict: z.enum(verdicts),
    /**
     * What a comparison is against, the value there, and the always-valid 95% interval of the difference. Of a multiple:
     * what it is a multiple of, and its own interval.
     */
    against: z.enum(['baseline', 'control']).optional(),
    reference: z.number().nullable().optional(),
    interval: z.tuple([z.number(), z.number()]).nullable().optional(),
  })
  .meta({ id: 'GateCheck' });
export type GateCheck = z.infer<typeof GateCheck>;

export const decisionKinds = [
  'launched',
  'wave_opened',
  'gate',
  'wave_passed',
  'operator',
  'release_revoked',
  'rollback_started',
  'rollback_finished',
  'rollback_failed',
  'finished',
  'stalled',
  'slice_excluded',
] as const;
export type DecisionKind = (typeof decisionKinds)[number];

/** Evidence of one gate evaluation: recomputing judgeGate(inputs, limits) must give the same verdict and sentence. */
export const DecisionRecord = z
  .object({
    seq: z.number().int(),
    at: Instant,
    wave: z.number().int().nullable(),
    kind: z.enum(decisionKinds),
    verdict: z.enum(verdicts).nullable(),
    code: z.string(),
    sentence: z.string(),
    inputs: z.record(z.string(), z.unknown()),
    limits: z.record(z.string(), z.unknown()),
    checks: z.array(GateCheck),
  })
  .meta({ id: 'DecisionRecord' });
export type DecisionRecord = z.infer<typeof DecisionRecord>;
