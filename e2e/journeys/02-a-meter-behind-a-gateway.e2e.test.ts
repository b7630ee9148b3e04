import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { addConfigVersion, createConfig, publishConfig } from '@muster/contracts/configs/configs.routes';
import type { GoldenConfigDetail } from '@muster/contracts/configs/configs.schema';
import { listDrift } from '@muster/contracts/devices/devices.routes';
import { createEnrollmentToken, getEnrollmentToken } from '@muster/contracts/enrollment/enrollment.routes';
import { getLatestValues, getSeries } from '@muster/contracts/telemetry/telemetry.routes';
import { freePort } from '@muster/runtime/embedded/free-port';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { ServerTCP } from 'modbus-serial';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { AgentProcess } from '../stack/agent-process.js';
import { Stack } from '../stack/stack.js';

const PLACE = 'building-7/main-panel/meter-1';
let stack: Stack;
let agent: AgentProcess;
let meter: ServerTCP;
let port: number;
let deviceId: string;
let config: GoldenConfigDetail | null = null;
/** What the meter shows; a test turns it. */
let watts = 1_500;

beforeAll(async () => {
  port = await freePort();
  const registers = () => {
    const bytes = Buffer.alloc(12);
    bytes.writeFloatBE(watts, 0);
    // A device of the common kind that sends its low word first.
    const wh = 305_419_896;
    bytes.writeUInt16BE(wh & 0xffff, 4);
    bytes.writeUInt16BE(wh >>> 16, 6);
    bytes.writeInt16BE(-123, 8);
    bytes.writeInt16BE(-32_768, 10);
    return bytes;
  };
  const at = (address: number) => (address < 6 ? registers().readUInt16BE(address * 2) : 0);
  meter = new ServerTCP({ getInputRegister: at, getHoldingRegister: at }, { host: '127.0.0.1', port, unitID: 5 });
  stack = await Stack.start({ cluster: inject('postgres') });
  const { id, command } = await stack.client.call(createEnrollmentToken, { body: { name: 'gateway' } });
  agent = AgentProcess.start(command, '--name', 'gateway', '--model', 'edge-gateway-100');
  deviceId = await assertEventually(
    async () => {
      const { steps } = await stack.client.call(getEnrollmentToken, { params: { tokenId: id } });
      expect(steps.connectedAt, agent.told).not.toBeNull();
      return steps.deviceId!;
    },
    { within: 60_000 },
  );
});
afterAll(async () => {
  await agent?.stop();
  await new Promise<void>((resolve) => meter.close(() => resolve()));
  await stack?.stop();
});

const source = (change: object = {}) => ({
  id: 'meter-1',
  place: PLACE,
  asset: 'meter-1',
  transport: 'tcp' as const,
  host: '127.0.0.1',
  port,
  unitId: 5,
  addressing: 'modicon5' as const,
  pollMs: 500,
  points: [
    { key: 'power_w', table: 'input' as const, address: 30001, type: 'float32' as const, unit: 'W' },
    {
      key: 'energy_wh',
      table: 'input' as const,
      address: 30003,
      type: 'uint32' as const,
      order: 'CDAB' as const,
      unit: 'Wh',
    },
    { key: 'temperature_c', table: 'holding' as const, address: 40005, type: 'int16' as const, scale: 0.1, unit: '°C' },
    { key: 'frequency_hz', table: 'holding' as const, address: 40006, type: 'int16' as const, sentinels: [-32768] },
  ],
  ...change,
});

/** Publishes the next version of the one config of this gateway. */
const publish = async (sources: unknown[]) => {
  const document = { modbus: { sources: sources as ReturnType<typeof source>[] } };
  const before = config;
  config = before
    ? await stack.client.call(addConfigVersion, {
        params: { configId: before.id },
        body: { document },
        match: before.version,
      })
    : await stack.client.call(createConfig, {
        body: { name: 'Meter of building 7', layer: 'device', selector: { ids: [deviceId] }, document },
      });
  const number = Math.max(...config.versions.map((version) => version.number));
  config = await stack.client.call(publishConfig, { params: { configId: config.id, number }, match: config.version });
};
const latest = async () => {
  const { items } = await stack.client.call(getLatestValues, { params: { deviceId } });
  return Object.fromEntries(items.filter(({ place }) => place === PLACE).map(({ metric, value }) => [metric, value]));
};

describe('a meter behind a gateway', () => {
  it('is read as another Modbus client reads it, once its register map is published', async () => {
    const words = [
      '-m',
      'tcp',
      '-a',
      '5',
      '-r',
      '1',
      '-c',
      '1',
      '-1',
      '-q',
      '-p',
      String(port),
      '-t',
      '3:float',
      '-B',
      '127.0.0.1',
    ];
    expect((await promisify(execFile)('mbpoll', words)).stdout).toMatch(/\[1\]:\s+1500/);

    await publish([source()]);
    await assertEventually(
      async () =>
        expect(await latest(), agent.told).toEqual({ power_w: 1500, energy_wh: 305_419_896, temperature_c: -12.3 }),
      { within: 30_000 },
    );
  });

  it('shows its power curve as it moves', async () => {
    const from = new Date(Date.now() - 60_000).toISOString();
    watts = 2_750;
    await assertEventually(
      async () => {
        const query = {
          metrics: 'power_w' as never,
          place: PLACE,
          from,
          to: new Date(Date.now() + 1_000).toISOString(),
          width: 600,
        };
        const [series] = (await stack.client.call(getSeries, { params: { deviceId }, query })).series;
        expect(series!.t.length).toBeGreaterThan(5);
        expect(Math.min(...series!.min.map((value) => value ?? Number.POSITIVE_INFINITY))).toBe(1500);
        expect(Math.max(...series!.max.map((value) => value ?? 0))).toBe(2750);
      },
      { within: 30_000 },
    );
  });

  it('is refused by name when its map cannot be right, and the one in force stays', async () => {
    const wrong = source({ points: [{ key: 'power_w', table: 'input', address: 40001, type: 'float32' }] });
    await publish([wrong]);
    await assertEventually(
      async () => {
        const { items } = await stack.client.call(listDrift, { query: { deviceId } });
        const drift = items.find(({ path }) => path.startsWith('/config/modbus'));
        expect(drift).toMatchObject({ class: 'rejected' });
        expect(drift!.cause).toContain('no input register has the address 40001 in modicon5 addressing');
      },
      { within: 30_000 },
    );
    watts = 900;
    await assertEventually(async () => expect((await latest()).power_w).toBe(900), { within: 20_000 });
  });
});
