import { gzipSync, zstdCompressSync } from 'node:zlib';
import { uplinkVersions } from '@muster/contracts/mqtt/uplink';
import { decodeUplink } from '@muster/telemetry/decode-uplink';
import { encodeCbor } from '@muster/telemetry/encode-cbor';
import { judgeReadings, type MetricRule } from '@muster/telemetry/judge-readings';
import { normaliseTelemetry } from '@muster/telemetry/normalise-telemetry';

/** µs of CPU a call of one way of reading one message, one number a round. The first of a load is JSON.parse alone. */
export interface Cell {
  readonly load: string;
  readonly what: string;
  readonly rounds: readonly number[];
}

const deviceId = '0192f0c1-2b3c-7d4e-8f50-1a2b3c4d5e6f';
const header = {
  msgId: 'telemetry.1234567.42',
  deviceId,
  seqNo: 42,
  producedAt: '2026-11-21T05:47:00.000Z',
  schemaVersion: 1,
  stream: 'telemetry',
  epoch: 1_234_567,
};
const values = (i: number): Record<string, number> => ({
  power_w: 401.5 + i,
  voltage_v: 229.9,
  current_a: 1.75,
  frequency_hz: 50.01,
  energy_wh: 123_456.7 + i,
});
const ten = Array.from({ length: 10 }, (_, i) => i);
const block = [
  {
    dtMs: ten.map((i) => (i - 9) * 1000),
    values: Object.fromEntries(Object.keys(values(0)).map((key) => [key, ten.map((i) => values(i)[key]!)])),
  },
];

const single = { ...header, readings: [{ values: values(0) }] };
const tenReadings = { ...header, readings: ten.map((i) => ({ dtMs: (i - 9) * 1000, values: values(i) })) };
const tenInBlock = { ...header, schemaVersion: 2, readings: block };
const heartbeat = {
  ...header,
  stream: 'heartbeat',
  reason: 'periodic',
  status: 'ok',
  uptimeS: 12_345,
  bootId: '5f0e7d0c-8c8b-4b07-9e5f-2f6f6b7f6c4e',
  agentVersion: '0.4.0',
  firmwareVersion: '1.4.0',
  twinVersion: 3,
  buffered: 0,
  power: { source: 'mains' },
  disk: { freeMb: 51_234 },
};

const plain: MetricRule = {
  id: 1,
  factor: 1,
  shift: 0,
  low: Number.NEGATIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
  stuckAfterMs: null,
  judged: false,
};
const rules = Object.keys(values(0)).map((_, id) => ({ ...plain, id }));
const receivedAt = new Date('2026-11-21T05:47:01.000Z');
const never = () => false;

function toRow(payload: Buffer): number {
  const decoded = decodeUplink('telemetry', deviceId, payload);
  if (decoded.kind === 'refused') throw new Error(decoded.detail);
  const normal = normaliseTelemetry(decoded.uplink, decoded.producedAt, receivedAt);
  return judgeReadings(normal, rules, receivedAt.getTime(), never).value.length;
}

const ROUNDS = 9;
const ROUND_MS = 20;

type Work = readonly [what: string, work: () => unknown];

/** CPU time of this process in ms, the collector's included: what others do on the machine is not in it. */
const spentMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** In turns, so that all see the same machine. */
function measure(load: string, cells: readonly Work[]): Cell[] {
  const calls = cells.map(([, work]) => {
    for (let i = 0; i < 5000; i++) work();
    const began = spentMs();
    for (let i = 0; i < 500; i++) work();
    return Math.max(50, Math.round((500 * ROUND_MS) / (spentMs() - began)));
  });
  const rounds = cells.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++)
    for (const [i, [, work]] of cells.entries()) {
      const began = spentMs();
      for (let n = calls[i]!; n > 0; n--) work();
      rounds[i]!.push(((spentMs() - began) * 1000) / calls[i]!);
    }
  return cells.map(([what], i) => ({ load, what, rounds: rounds[i]! }));
}

const sizes = (some: Buffer, json: Buffer): string => `${some.length} of ${json.length} bytes`;

function ofTelemetry(load: string, message: object, version: 1 | 2): Cell[] {
  const json = Buffer.from(JSON.stringify(message));
  const cbor = encodeCbor(message);
  const gzip = gzipSync(json);
  const zstd = zstdCompressSync(json);
  const { schema } = uplinkVersions.telemetry[version - 1]!;
  return measure(load, [
    ['JSON.parse alone', () => JSON.parse(json.toString())],
    ['decode', () => decodeUplink('telemetry', deviceId, json)],
    ['decode, normalise, judge', () => toRow(json)],
    [`the same from CBOR (${sizes(cbor, json)})`, () => toRow(cbor)],
    [`from gzip (${sizes(gzip, json)})`, () => toRow(gzip)],
    [`from zstd (${sizes(zstd, json)})`, () => toRow(zstd)],
    ['JSON.parse and zod', () => schema.parse(JSON.parse(json.toString()))],
  ]);
}

function ofHeartbeats(load: string): Cell[] {
  const json = Buffer.from(JSON.stringify(heartbeat));
  const cbor = encodeCbor(heartbeat);
  const { schema } = uplinkVersions.heartbeat[0];
  return measure(load, [
    ['JSON.parse alone', () => JSON.parse(json.toString())],
    ['decode', () => decodeUplink('heartbeat', deviceId, json)],
    [`the same from CBOR (${sizes(cbor, json)})`, () => decodeUplink('heartbeat', deviceId, cbor)],
    ['JSON.parse and zod', () => schema.parse(JSON.parse(json.toString()))],
  ]);
}

process.send!([
  ...ofTelemetry('one reading of five metrics', single, 1),
  ...ofTelemetry('ten readings of five metrics', tenReadings, 1),
  ...ofTelemetry('the ten readings as a block', tenInBlock, 2),
  ...ofHeartbeats('a heartbeat'),
]);
