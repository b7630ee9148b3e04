import { type AddressInfo, createServer, type Server } from 'node:net';
import { ModbusSource as ModbusSourceConfig } from '@muster/contracts/configs/configs.schema';
import { assertEventually } from '@muster/testkit/assert-eventually';
import jsmodbus from 'jsmodbus';
import { ServerTCP } from 'modbus-serial';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../ports/clock.js';
import type { Reading } from '../ports/source.js';
import { buildModbusSources } from './build-sources.js';

/** Registers of one meter: input 0.. and holding 0.. hold the same. */
const REGISTERS = [
  0x42f6,
  0xe979, // 0: float32 123.456
  0x5678,
  0x1234, // 2: uint32 CDAB 305419896
  0xff85, // 4: int16 -123
  0x8000, // 5: int16 sentinel
  0x3ff0,
  0,
  0,
  0, // 6: float64 1
  0xffff,
  0xffff,
  0xffff,
  0xfffe, // 10: int64 -2
  0xffff,
  0xfffe, // 14: int32 -2
  0xe803, // 16: uint16 BADC 1000
];
const POINTS = [
  { key: 'power_w', table: 'input', address: 30001, type: 'float32' },
  { key: 'energy_wh', table: 'input', address: 30003, type: 'uint32', order: 'CDAB' },
  { key: 'temperature_c', table: 'holding', address: 40005, type: 'int16', scale: 0.1 },
  { key: 'absent', table: 'holding', address: 40006, type: 'int16', sentinels: [-32768] },
  { key: 'factor', table: 'holding', address: 40007, type: 'float64' },
  { key: 'big', table: 'holding', address: 40011, type: 'int64' },
  { key: 'balance', table: 'input', address: 30015, type: 'int32' },
  { key: 'swapped', table: 'holding', address: 40017, type: 'uint16', order: 'BADC' },
];
const EXPECTED = {
  energy_wh: 305419896,
  temperature_c: -12.3,
  absent: null,
  factor: 1,
  big: -2,
  balance: -2,
  swapped: 1000,
};

let close: () => Promise<void>;
afterEach(() => close());

const portOf = (server: Server) => (server.address() as AddressInfo).port;

/** Two servers that we did not write. */
const peers: Record<string, () => Promise<{ port: number; close: () => Promise<void> }>> = {
  'modbus-serial': async () => {
    const at = (address: number) => REGISTERS[address] ?? 0;
    const server = new ServerTCP(
      { getInputRegister: at, getHoldingRegister: at },
      { host: '127.0.0.1', port: 0, unitID: 3 },
    );
    await new Promise((resolve) => server.once('initialized', resolve));
    const inner = (server as unknown as { _server: Server })._server;
    return { port: portOf(inner), close: () => new Promise((resolve) => server.close(() => resolve())) };
  },
  jsmodbus: async () => {
    const inner = createServer();
    const bytes = Buffer.alloc(REGISTERS.length * 2);
    for (const [i, register] of REGISTERS.entries()) bytes.writeUInt16BE(register, i * 2);
    new jsmodbus.server.TCP(inner, { holding: bytes, input: bytes });
    await new Promise<void>((resolve) => inner.listen(0, '127.0.0.1', resolve));
    return { port: portOf(inner), close: () => new Promise((resolve) => inner.close(() => resolve())) };
  },
};

describe.each(Object.keys(peers))('against the server of %s', (name) => {
  test('a register map yields every value', async () => {
    const peer = await peers[name]!();
    const config = ModbusSourceConfig.parse({
      id: 'meter-1',
      place: 'main/meter-1',
      asset: 'meter-1',
      transport: 'tcp',
      host: '127.0.0.1',
      port: peer.port,
      unitId: 3,
      addressing: 'modicon5',
      pollMs: 100,
      points: POINTS,
    });
    const built = buildModbusSources([config], systemClock);
    if (!built.ok) throw new Error(built.faults.join());
    const [source] = built.sources;
    const readings: Reading[] = [];
    source!.start((reading) => readings.push(reading));
    close = async () => {
      await source!.stop();
      await peer.close();
    };
    await assertEventually(() => expect(readings.length).toBeGreaterThan(2));
    const values = Object.fromEntries(readings[0]!.points.map(({ metric, value }) => [metric, value]));
    expect(values).toMatchObject(EXPECTED);
    expect(values.power_w).toBeCloseTo(123.456, 3);
    expect(readings[0]).toMatchObject({ place: 'main/meter-1', asset: 'meter-1' });
    expect(source!.health()[0]).toMatchObject({ state: 'up', detail: null });
  });
});
