import { z } from 'zod';
import { executionKinds } from '../campaigns/executions.schema.js';
import { Id, Sha256 } from '../ids.js';
import { Instant } from '../instant.js';
import { problemCodes } from '../problem.js';

/**
 * Application acknowledgement: exact ranges of seqNo that are committed (stored, duplicate and dead-lettered alike).
 * A device frees its buffer by this alone; a broker's PUBACK says nothing about durability.
 */
export const Ack = z.looseObject({
  v: z.literal(1),
  stream: z.string(),
  epoch: z.number().int().min(0),
  ranges: z.array(z.tuple([z.number().int(), z.number().int()])),
  refused: z.array(z.tuple([z.number().int(), z.enum(problemCodes)])),
  pauseUntilMs: z.number().int().optional(),
});
export type Ack = z.infer<typeof Ack>;

/**
 * Merge patch (RFC 7396) from desired version `baseVersion` to `version`; baseVersion 0 is the empty document. The whole
 * document at a version the device has asks it to put back what was changed at the device itself.
 */
export const TwinDelta = z.looseObject({
  schemaVersion: z.literal(1),
  baseVersion: z.number().int().min(0),
  version: z.number().int().min(0),
  patch: z.record(z.string(), z.unknown()),
});
export type TwinDelta = z.infer<typeof TwinDelta>;

/** `jws` is compact, typ `cmd+jws`; its claims are CommandClaims. `act` cancel gives up the command named in `args.commandId`. */
export const CommandOrder = z.looseObject({
  schemaVersion: z.literal(1),
  commandId: Id,
  jws: z.string().max(64 * 1024),
});
export type CommandOrder = z.infer<typeof CommandOrder>;

export const CommandClaims = z.looseObject({
  iss: z.string(),
  aud: Id,
  jti: Id,
  seq: z.number().int().min(1),
  iat: z.number().int(),
  nbf: z.number().int(),
  exp: z.number().int(),
  act: z.string(),
  args: z.record(z.string(), z.unknown()),
  cth: Sha256,
  timeoutS: z.number().int().min(1),
});
export type CommandClaims = z.infer<typeof CommandClaims>;

/** An offer (or its cancellation). `manifest` is compact JWS, typ `manifest+jws`; `artifactPath` is on the device API. */
export const ExecutionOrder = z.looseObject({
  schemaVersion: z.literal(1),
  action: z.enum(['offer', 'cancel']),
  executionId: Id,
  campaignId: Id,
  attempt: z.number().int().min(1),
  kind: z.enum(executionKinds),
  rollback: z.boolean(),
  manifest: z
    .string()
    .max(64 * 1024)
    .optional(),
  artifactPath: z.string().max(500).optional(),
  deadline: Instant.optional(),
  soakS: z.number().int().min(0).optional(),
});
export type ExecutionOrder = z.infer<typeof ExecutionOrder>;

/** Public keys the device verifies commands and manifests with, and when to renew. */
export const TrustOrder = z.looseObject({
  schemaVersion: z.literal(1),
  bundle: z.number().int().min(0),
  keys: z.array(z.looseObject({ kid: z.string(), use: z.string().optional() })).optional(),
  renew: z.object({ start: Instant, end: Instant }).optional(),
});
export type TrustOrder = z.infer<typeof TrustOrder>;

export const downlinkSchemas = {
  ack: Ack,
  twin: TwinDelta,
  command: CommandOrder,
  execution: ExecutionOrder,
  trust: TrustOrder,
} as const;
