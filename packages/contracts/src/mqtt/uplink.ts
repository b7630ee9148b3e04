import { z } from 'zod';
import { executionReportStates } from '../campaigns/executions.schema.js';
import { commandReportStates } from '../commands/commands.schema.js';
import { Id } from '../ids.js';
import { Instant } from '../instant.js';

/** Newest version of each channel this control plane speaks, and the oldest it still accepts. */
export const schemaVersions = {
  heartbeat: { newest: 1, oldest: 1 },
  telemetry: { newest: 1, oldest: 1 },
  twin: { newest: 1, oldest: 1 },
  command: { newest: 1, oldest: 1 },
  execution: { newest: 1, oldest: 1 },
  trust: { newest: 1, oldest: 1 },
} as const;

/**
 * The standard header of every uplink. `seqNo` counts per (device, stream, epoch); `stream` defaults to the channel,
 * `epoch` to 0 and changes only when a device lost its history. Unknown fields are tolerated everywhere.
 */
export const UplinkHeader = z.looseObject({
  msgId: z.string().min(1).max(64),
  deviceId: Id,
  seqNo: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  producedAt: Instant,
  schemaVersion: z.number().int().min(1).max(32767),
  stream: z
    .string()
    .regex(/^[a-z0-9_-]{1,32}$/)
    .optional(),
  epoch: z.number().int().min(0).max(2147483647).optional(),
  traceparent: z.string().max(64).optional(),
});
export type UplinkHeader = z.infer<typeof UplinkHeader>;

export const Heartbeat = UplinkHeader.extend({
  reason: z.enum(['connected', 'periodic', 'offline', 'requested']),
  status: z.enum(['ok', 'degraded', 'error']).optional(),
  uptimeS: z.number().min(0).optional(),
  bootId: z.string().max(64).optional(),
  agentVersion: z.string().max(64).optional(),
  firmwareVersion: z.string().max(64).optional(),
  twinVersion: z.number().int().min(0).optional(),
  connectivity: z.looseObject({ type: z.string().max(32).optional(), rssiDbm: z.number().optional() }).optional(),
  checks: z.record(z.string().max(64), z.boolean()).optional(),
  power: z
    .looseObject({
      source: z.enum(['mains', 'battery']).optional(),
      batteryPercent: z.number().min(0).max(100).optional(),
    })
    .optional(),
  disk: z.looseObject({ freeMb: z.number().min(0).optional() }).optional(),
  buffered: z.number().int().min(0).optional(),
});
export type Heartbeat = z.infer<typeof Heartbeat>;

/** Several readings of one place: times are offsets in ms from producedAt (zero or negative for older readings). */
export const Telemetry = UplinkHeader.extend({
  readings: z
    .array(
      z.looseObject({
        dtMs: z.number().int().min(-3_600_000).max(3_600_000).optional(),
        values: z.record(z.string().regex(/^[a-z][a-z0-9_.]{0,63}$/), z.number().nullable()),
      }),
    )
    .min(1)
    .max(256),
  asset: z.string().max(120).optional(),
  extra: z.record(z.string().max(64), z.unknown()).optional(),
});
export type Telemetry = z.infer<typeof Telemetry>;

export const keyVerdicts = ['accepted', 'rejected'] as const;
/**
 * What the device has: the whole reported document, or a merge patch on reported version `baseVersion`. `acks` are by
 * field: a JSON pointer such as /config/heartbeatS, or the same with dots; one for a parent speaks for the fields below.
 */
export const TwinReport = UplinkHeader.extend({
  desiredVersion: z.number().int().min(0),
  reported: z.record(z.string(), z.unknown()).optional(),
  patch: z.record(z.string(), z.unknown()).optional(),
  baseVersion: z.number().int().min(0).optional(),
  version: z.number().int().min(0),
  acks: z
    .record(z.string(), z.object({ verdict: z.enum(keyVerdicts), detail: z.string().max(500).optional() }))
    .optional(),
  needFull: z.boolean().optional(),
});
export type TwinReport = z.infer<typeof TwinReport>;

export const CommandReport = UplinkHeader.extend({
  commandId: Id,
  commandSeq: z.number().int().min(0),
  state: z.enum(commandReportStates),
  reasonCode: z.string().max(64).optional(),
  reasonDetail: z.string().max(1000).optional(),
  progress: z.number().min(0).max(100).optional(),
  result: z.unknown().optional(),
});
export type CommandReport = z.infer<typeof CommandReport>;

export const ExecutionReport = UplinkHeader.extend({
  executionId: Id,
  state: z.enum(executionReportStates),
  phase: z.string().max(64).optional(),
  progress: z.number().min(0).max(100).optional(),
  reasonCode: z.string().max(64).optional(),
  reasonDetail: z.string().max(1000).optional(),
  firmwareVersion: z.string().max(64).optional(),
  bootId: z.string().max(64).optional(),
  checks: z.record(z.string().max(64), z.boolean()).optional(),
  /** With `deferred`: when it is worth asking again. */
  retryAfterS: z.number().int().min(1).max(86_400).optional(),
  /** With `downloaded`: bytes that came over the wire, which a delta makes fewer. */
  bytes: z.number().int().min(0).optional(),
});
export type ExecutionReport = z.infer<typeof ExecutionReport>;

export const TrustReport = UplinkHeader.extend({
  bundle: z.number().int().min(0),
  fingerprint: z.string().max(64).optional(),
});
export type TrustReport = z.infer<typeof TrustReport>;

export const uplinkSchemas = {
  heartbeat: Heartbeat,
  telemetry: Telemetry,
  twin: TwinReport,
  command: CommandReport,
  execution: ExecutionReport,
  trust: TrustReport,
} as const;

/** Largest uplink payload, in bytes; a larger one is refused by name and committed to the dead letters. */
export const MAX_UPLINK_BYTES = 128 * 1024;
/** Largest MQTT packet, in bytes. The broker ends the session of who announces a larger one, before it takes it in. */
export const MAX_PACKET_BYTES = 1024 * 1024;
