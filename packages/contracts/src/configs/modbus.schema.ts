/**
 * Register maps and Modbus sources, as they stand in a golden configuration. A map describes a device model once; a
 * source names a bus and the units on it. A meter is a place and asset under its gateway, not a device of its own.
 */
import { z } from 'zod';
import { Key } from '../ids.js';

export const modbusTables = ['holding', 'input'] as const;
export const modbusTypes = ['int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', 'float32', 'float64'] as const;
export const modbusOrders = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const;
/** How the addresses in a map count. Mandatory: data sheets disagree and a guess reads the neighbour's register. */
export const modbusAddressings = ['zero', 'one', 'modicon5', 'modicon6'] as const;

const Register = z.number().int().min(0).max(465_536);

export const ModbusPoint = z
  .looseObject({
    key: z.string().regex(/^[a-z][a-z0-9_.]{0,63}$/, 'must be 1 to 64 of a-z, 0-9, _ and . and start with a letter'),
    table: z.enum(modbusTables),
    address: Register,
    type: z.enum(modbusTypes),
    /** Overrides the map's order. */
    order: z.enum(modbusOrders).optional(),
    /** value = raw * scale + offset */
    scale: z.number().default(1),
    offset: z.number().default(0),
    unit: z.string().max(16).optional(),
    /** Raw patterns in hexadecimal, most significant byte first, that mean "not available". */
    sentinel: z
      .array(z.string().regex(/^0x[0-9a-fA-F]{1,16}$/))
      .max(8)
      .default([]),
    /** Values outside are reported as null. */
    valid: z.tuple([z.number(), z.number()]).optional(),
    everyS: z.number().min(0.2).max(86_400).optional(),
  })
  .meta({ id: 'ModbusPoint' });
export type ModbusPoint = z.infer<typeof ModbusPoint>;

export const ModbusRegisterMap = z
  .looseObject({
    addressing: z.enum(modbusAddressings),
    order: z.enum(modbusOrders).default('ABCD'),
    /** Most registers the device answers in one request. */
    maxRegs: z.number().int().min(1).max(125).default(125),
    /** Most unwanted registers read along to save a request. */
    maxGap: z.number().int().min(0).max(124).default(16),
    /** Ranges, first to last in the map's own addressing, that must never be read. */
    holes: z
      .array(z.object({ table: z.enum(modbusTables), from: Register, to: Register }))
      .max(64)
      .default([]),
    everyS: z.number().min(0.2).max(86_400).default(10),
    points: z.array(ModbusPoint).min(1).max(500),
  })
  .refine((map) => new Set(map.points.map((p) => p.key)).size === map.points.length, 'point keys must differ')
  .meta({ id: 'ModbusRegisterMap' });
export type ModbusRegisterMap = z.infer<typeof ModbusRegisterMap>;

export const ModbusUnit = z
  .looseObject({
    unit: z.number().int().min(0).max(255),
    /** Topic levels under the gateway, such as `site/panel/circuit`. */
    place: z.string().regex(/^[a-zA-Z0-9_.-]{1,64}(\/[a-zA-Z0-9_.-]{1,64}){0,4}$/),
    asset: z.string().max(120).optional(),
    /** Names an entry of the source document's `maps`. */
    map: Key,
  })
  .meta({ id: 'ModbusUnit' });
export type ModbusUnit = z.infer<typeof ModbusUnit>;

export const ModbusBus = z
  .looseObject({
    transport: z.literal('tcp'),
    host: z.string().min(1).max(253),
    port: z.number().int().min(1).max(65_535).default(502),
    timeoutMs: z.number().int().min(50).max(30_000).default(1_000),
    retries: z.number().int().min(0).max(5).default(1),
    interRequestDelayMs: z.number().int().min(0).max(1_000).default(0),
    unitEcho: z.enum(['strict', 'any']).default('strict'),
    /** Keyed by a name of the operator's choice, so that a merge patch touches one unit. */
    units: z.record(Key, ModbusUnit),
  })
  .meta({ id: 'ModbusBus' });
export type ModbusBus = z.infer<typeof ModbusBus>;

/** The `modbus` part of a golden configuration. Records rather than lists: only changed keys travel. */
export const ModbusConfig = z
  .looseObject({
    maps: z.record(Key, ModbusRegisterMap).default({}),
    buses: z.record(Key, ModbusBus).default({}),
  })
  .meta({ id: 'ModbusConfig' });
export type ModbusConfig = z.infer<typeof ModbusConfig>;
