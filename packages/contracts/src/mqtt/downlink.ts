import { z } from 'zod';
import { executionKinds } from '../campaigns/executions.schema.js';
import { Preconditions } from '../campaigns/plans.schema.js';
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
  /** Compact JWS, typ `offer+jws`, signed by the command key; its claims are OfferClaims. */
  offer: z
    .string()
    .max(8 * 1024)
    .optional(),
  /** What to fetch instead of the artifact, when the device has the artifact with `baseSha256` at hand. */
  delta: z
    .looseObject({
      format: z.literal('zstd-patch'),
      path: z.string().max(500),
      size: z.number().int().min(1),
      sha256: Sha256,
      baseSha256: Sha256,
    })
    .optional(),
  preconditions: Preconditions.optional(),
  /** The device's maintenance window, as instants: it installs only in between. */
  window: z.object({ opensAt: Instant, closesAt: Instant }).optional(),
  jitterS: z.number().int().min(0).optional(),
  deadline: Instant.optional(),
  soakS: z.number().int().min(0).optional(),
});
export type ExecutionOrder = z.infer<typeof ExecutionOrder>;

/**
 * A fresh statement that this device may take this release now: bound to the execution and the manifest's digest, and
 * soon over. Without `downgrade` a device refuses a version below the one it runs; `rollback` is a server-ordered return.
 */
export const OfferClaims = z.looseObject({
  iss: z.string(),
  aud: Id,
  jti: Id,
  iat: z.number().int(),
  exp: z.number().int(),
  releaseId: Id,
  manifestSha256: Sha256,
  rollback: z.boolean(),
  downgrade: z.boolean(),
});
export type OfferClaims = z.infer<typeof OfferClaims>;

/** Public keys the device verifies commands and manifests with, and when to renew. */
export const TrustOrder = z.looseObject({
  schemaVersion: z.literal(1),
  bundle: z.number().int().min(0),
  keys: z.array(z.looseObject({ kid: z.string(), use: z.string().optional() })).optional(),
  renew: z.object({ start: Instant, end: Instant }).optional(),
  /** The signed bundle of this number; a device believes nothing else about keys and roots. */
  jws: z.string().optional(),
});
export type TrustOrder = z.infer<typeof TrustOrder>;

export const downlinkSchemas = {
  ack: Ack,
  twin: TwinDelta,
  command: CommandOrder,
  execution: ExecutionOrder,
  trust: TrustOrder,
} as const;
