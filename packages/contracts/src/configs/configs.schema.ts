import { z } from 'zod';
import { Selector } from '../devices/devices.schema.js';
import { Id, Name } from '../ids.js';
import { Instant } from '../instant.js';
import { pageOf } from '../page.js';

/** Layers override upwards: class, then group, then device. */
export const configLayers = ['class', 'group', 'device'] as const;
export type ConfigLayer = (typeof configLayers)[number];
export const configVersionStates = ['draft', 'published'] as const;
export const driftPolicies = ['report', 'remediate'] as const;

const wordOrders = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const;
/** One Modbus point: where it is, how its registers read, what it is called. */
export const ModbusPoint = z
  .strictObject({
    key: z.string().regex(/^[a-z][a-z0-9_.]{0,63}$/),
    table: z.enum(['holding', 'input']),
    address: z.number().int().min(0).max(465_536),
    type: z.enum(['int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', 'float32', 'float64']),
    order: z.enum(wordOrders).default('ABCD'),
    scale: z.number().default(1),
    offset: z.number().default(0),
    unit: z.string().max(16).optional(),
    sentinels: z.array(z.number()).max(8).optional(),
    valid: z.tuple([z.number(), z.number()]).optional(),
  })
  .meta({ id: 'ModbusPoint' });
export type ModbusPoint = z.infer<typeof ModbusPoint>;

/** A meter behind a gateway: its place becomes the topic suffix of its telemetry. */
export const ModbusSource = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9-]{1,32}$/),
    place: z.string().regex(/^[a-zA-Z0-9_.-]{1,64}(\/[a-zA-Z0-9_.-]{1,64}){0,4}$/),
    asset: z.string().max(120).optional(),
    transport: z.literal('tcp'),
    host: z.string().min(1).max(253),
    port: z.number().int().min(1).max(65_535).default(502),
    unitId: z.number().int().min(0).max(255).default(1),
    addressing: z.enum(['zero', 'one', 'modicon5', 'modicon6']),
    pollMs: z.number().int().min(100).max(86_400_000).default(1000),
    timeoutMs: z.number().int().min(50).max(60_000).default(1000),
    maxRegisters: z.number().int().min(1).max(125).default(125),
    maxGap: z.number().int().min(0).max(125).default(8),
    /** Further tries after a timeout or a busy answer; the silence many slow devices need between requests. */
    retries: z.number().int().min(0).max(5).optional(),
    interRequestDelayMs: z.number().int().min(0).max(1000).optional(),
    /** `any` accepts gateways that answer with another unit id than the one asked. */
    unitEcho: z.enum(['strict', 'any']).optional(),
    /** First to last register, in the source's own addressing, that must never be read along. */
    holes: z
      .array(z.strictObject({ table: z.enum(['holding', 'input']), from: z.number().int(), to: z.number().int() }))
      .max(64)
      .optional(),
    points: z.array(ModbusPoint).min(1).max(500),
  })
  .meta({ id: 'ModbusSource' });
export type ModbusSource = z.infer<typeof ModbusSource>;

/** How a device writes its telemetry on the wire; JSON, not compressed, unless told otherwise. */
export const TelemetryForm = z.looseObject({
  encoding: z.enum(['json', 'cbor']).optional(),
  compression: z.enum(['none', 'gzip']).optional(),
});
export type TelemetryForm = z.infer<typeof TelemetryForm>;

/**
 * What a golden config may say. Known keys are checked; any other top-level key is carried as the fleet's own setting.
 * An array is one value: layers replace it whole.
 */
export const ConfigDocument = z
  .looseObject({
    heartbeatS: z.number().int().min(5).max(3600).optional(),
    telemetryS: z.number().min(0.1).max(3600).optional(),
    telemetry: TelemetryForm.optional(),
    /** Whether a device keeps the artifact of the release it runs, as what deltas start from; it does unless told otherwise. */
    updates: z.looseObject({ keepArtifact: z.boolean().optional() }).optional(),
    modbus: z.looseObject({ sources: z.array(ModbusSource).max(32) }).optional(),
  })
  .meta({ id: 'ConfigDocument' });
export type ConfigDocument = z.infer<typeof ConfigDocument>;

export const GoldenConfigVersion = z
  .object({
    number: z.number().int(),
    state: z.enum(configVersionStates),
    document: ConfigDocument,
    notes: z.string(),
    createdBy: z.string(),
    createdAt: Instant,
    publishedAt: Instant.nullable(),
  })
  .meta({ id: 'GoldenConfigVersion' });
export type GoldenConfigVersion = z.infer<typeof GoldenConfigVersion>;

export const GoldenConfig = z
  .object({
    id: Id,
    name: z.string(),
    layer: z.enum(configLayers),
    selector: Selector,
    policy: z.enum(driftPolicies),
    publishedNumber: z.number().int().nullable(),
    draftNumber: z.number().int().nullable(),
    devices: z.number().int(),
    converged: z.number().int(),
    drifted: z.number().int(),
    createdBy: z.string(),
    createdAt: Instant,
    version: z.number().int(),
  })
  .meta({ id: 'GoldenConfig' });
export type GoldenConfig = z.infer<typeof GoldenConfig>;

export const GoldenConfigDetail = GoldenConfig.extend({ versions: z.array(GoldenConfigVersion) }).meta({
  id: 'GoldenConfigDetail',
});
export type GoldenConfigDetail = z.infer<typeof GoldenConfigDetail>;

export const NewGoldenConfig = z
  .strictObject({
    name: Name,
    layer: z.enum(configLayers).default('group'),
    selector: Selector,
    policy: z.enum(driftPolicies).default('report'),
    document: ConfigDocument,
    notes: z.string().max(5000).default(''),
  })
  .meta({ id: 'NewGoldenConfig' });
export type NewGoldenConfig = z.infer<typeof NewGoldenConfig>;

export const GoldenConfigPatch = z
  .strictObject({ name: Name.optional(), selector: Selector.optional(), policy: z.enum(driftPolicies).optional() })
  .meta({ id: 'GoldenConfigPatch' });
export const NewConfigVersion = z
  .strictObject({ document: ConfigDocument, notes: z.string().max(5000).default('') })
  .meta({ id: 'NewConfigVersion' });

export const ConfigChange = z
  .object({
    path: z.string(),
    op: z.enum(['add', 'remove', 'replace']),
    from: z.unknown().nullable(),
    to: z.unknown().nullable(),
  })
  .meta({ id: 'ConfigChange' });
export type ConfigChange = z.infer<typeof ConfigChange>;
/** What a device is meant to run: `origins` names for every field (JSON pointer) the golden config that set it. */
export const EffectiveConfig = z
  .object({
    document: z.record(z.string(), z.unknown()),
    applied: z.array(z.object({ configId: Id, name: z.string(), number: z.number().int() })),
    origins: z.record(z.string(), z.string()),
  })
  .meta({ id: 'EffectiveConfig' });
export type EffectiveConfig = z.infer<typeof EffectiveConfig>;
export const GoldenConfigPage = pageOf(GoldenConfig);
