import { z } from 'zod';
import { executionReportStates } from '../campaigns/executions.schema.js';
import { commandReportStates } from '../commands/commands.schema.js';
import { Id } from '../ids.js';
import { Instant } from '../instant.js';
import { MetricKey } from '../telemetry/metrics.schema.js';
import type { UplinkChannel } from './topics.js';

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
  /** Which run of its clock `producedAt` belongs to, when that clock is set by nobody: changes with each start. */
  bootId: z
    .string()
    .regex(/^[ -~]{1,64}$/)
    .optional(),
});
export type UplinkHeader = z.infer<typeof UplinkHeader>;

export const Heartbeat = UplinkHeader.extend({
  reason: z.enum(['connected', 'periodic', 'offline', 'requested']),
  status: z.enum(['ok', 'degraded', 'error']).optional(),
  uptimeS: z.number().min(0).optional(),
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

/** Offset of a reading from producedAt: zero or negative for one that is older. */
const DtMs = z.number().int().min(-3_600_000).max(3_600_000);
/** Null says that the device could not read it. */
const Value = z.number().nullable();

export const MAX_READINGS = 256;
/** Values one message may carry, over all its readings. */
export const MAX_VALUES = 4096;
/** How deep anything of a message may be nested, the message itself included. */
export const MAX_DEPTH = 16;

const TelemetryHeader = UplinkHeader.extend({
  asset: z.string().max(120).optional(),
  extra: z.record(z.string().max(64), z.unknown()).optional(),
});

/** Several readings of one place. A reading without `dtMs` is of `producedAt`. */
export const TelemetryV1 = TelemetryHeader.extend({
  readings: z
    .array(z.looseObject({ dtMs: DtMs.optional(), values: z.record(MetricKey, Value) }))
    .min(1)
    .max(MAX_READINGS),
});
export type TelemetryV1 = z.infer<typeof TelemetryV1>;

/**
 * Several readings of one place, each by itself or as a block: a list of times and, for each metric, a list of as many
 * values. Ten readings of five metrics are one block, which names each metric once.
 */
export const Telemetry = TelemetryHeader.extend({
  readings: z
    .array(
      z.looseObject({
        dtMs: z.union([DtMs, z.array(DtMs).min(1).max(MAX_VALUES)]),
        values: z.record(MetricKey, z.union([Value, z.array(Value).min(1).max(MAX_VALUES)])),
      }),
    )
    .min(1)
    .max(MAX_READINGS),
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
  checks: z.record(z.string().max(64), z.boolean()).optional(),
  /** With `deferred`: when it is worth asking again. */
  retryAfterS: z.number().int().min(1).max(86_400).optional(),
  /** With `downloaded`: bytes that came over the wire, which a delta makes fewer. */
  bytes: z.number().int().min(0).optional(),
});
export type ExecutionReport = z.infer<typeof ExecutionReport>;

export const TrustReport = UplinkHeader.extend({
  bundle: z.number().int().min(0),
  /**
   * Whether a signed bundle of that number was verified and applied. Agents from before signed bundles repeat a number without
   * knowing its roots, so only this counts as an acknowledgement.
   */
  signed: z.boolean().optional(),
  fingerprint: z.string().max(64).optional(),
  /** Why the bundle last shown was not believed; `bundle` is the one in force all the same. */
  refused: z.string().max(64).optional(),
});
export type TrustReport = z.infer<typeof TrustReport>;

/**
 * Every version of every uplink that is understood, oldest first and without gaps: a control plane takes what agents two
 * minor versions back send. packages/telemetry `versions` has the mapper from each to the next.
 */
export const uplinkVersions = {
  heartbeat: [{ version: 1, schema: Heartbeat }],
  telemetry: [
    { version: 1, schema: TelemetryV1 },
    { version: 2, schema: Telemetry },
  ],
  twin: [{ version: 1, schema: TwinReport }],
  command: [{ version: 1, schema: CommandReport }],
  execution: [{ version: 1, schema: ExecutionReport }],
  trust: [{ version: 1, schema: TrustReport }],
} as const satisfies Record<UplinkChannel, readonly { version: number; schema: z.ZodObject }[]>;

/** The newest version of each, which is what everything behind the decoder sees. */
export const uplinkSchemas = {
  heartbeat: Heartbeat,
  telemetry: Telemetry,
  twin: TwinReport,
  command: CommandReport,
  execution: ExecutionReport,
  trust: TrustReport,
} as const;

/** Newest version of each channel this control plane speaks, and the oldest it still accepts. */
export const schemaVersions = Object.fromEntries(
  Object.entries(uplinkVersions).map(([channel, versions]) => [
    channel,
    { newest: versions.at(-1)!.version, oldest: versions[0].version },
  ]),
) as Record<UplinkChannel, { newest: number; oldest: number }>;

/** Largest uplink payload, in bytes; a larger one is refused by name and committed to the dead letters. */
export const MAX_UPLINK_BYTES = 128 * 1024;
/** Largest MQTT packet, in bytes. The broker ends the session of who announces a larger one, before it takes it in. */
export const MAX_PACKET_BYTES = 1024 * 1024;
