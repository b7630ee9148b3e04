import { cancelCommand, getCommand, sendCommand } from '@muster/contracts/commands/commands.routes';
import type { NewCommand } from '@muster/contracts/commands/commands.schema';
import { deviceTimeline, getDevice } from '@muster/contracts/devices/devices.routes';
import { type Fleet, startFleet } from '@muster/fleet-sim/fleet';
import type { SimulatedDevice } from '@muster/fleet-sim/simulated-device';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Stack } from '../stack/stack.js';

let stack: Stack;
let fleet: Fleet;
let device: SimulatedDevice;
let deviceId: string;

beforeAll(async () => {
  stack = await Stack.start({ cluster: inject('postgres') });
  fleet = await startFleet({
    url: stack.deviceUrl,
    groups: [{ token: await stack.enrollmentToken(1), site: 'Berlin' }],
    devices: 1,
    seed: 4,
    models: ['edge-gateway-100'],
    firmwareVersions: ['1.0.0'],
    tempo: { restartMs: 200, agent: { backoff: { baseMs: 100, capMs: 500, stableMs: 1_000 } } },
  });
  device = fleet.devices[0]!;
  await assertEventually(() => expect(device.online).toBe(true));
  deviceId = device.deviceId!;
});
afterAll(async () => {
  await fleet?.stop();
  await stack?.stop();
});

const send = (body: NewCommand) => stack.client.call(sendCommand, { params: { deviceId }, body });
const read = (commandId: string) => stack.client.call(getCommand, { params: { commandId } });
const isPresent = (presence: string) =>
  assertEventually(async () =>
    expect((await stack.client.call(getDevice, { params: { deviceId } })).presence).toBe(presence),
  );
const ping = (payload: string, expiresInS = 300): NewCommand => ({ name: 'ping', args: { payload }, expiresInS });

describe('a command', () => {
  it('to a device that is there is acknowledged and answered', async () => {
    await isPresent('online');
    const { id } = await send(ping('hello'));
    const done = await assertEventually(async () => {
      const command = await read(id);
      expect(command.state).toBe('succeeded');
      return command;
    });
    expect(done.result).toEqual({ pong: true, payload: 'hello' });
    expect(done.sentAt! <= done.acknowledgedAt! && done.acknowledgedAt! <= done.finishedAt!).toBe(true);
  });

  it('that restarts the device is answered by its next run', async () => {
    const { id } = await send({ name: 'reboot', args: {}, expiresInS: 300 });
    await assertEventually(async () => expect((await read(id)).state).toBe('succeeded'), { within: 30_000 });
    expect((await read(id)).result).toMatchObject({ bootId: expect.any(String) });
  });

  it('to a device that is away waits, is delivered on return, or expires and never runs', async () => {
    await device.setOffline(true);
    await isPresent('offline');
    const waiting = await send(ping('waiting'));
    const expiring = await send(ping('expiring', 1));
    const withdrawn = await send(ping('withdrawn'));
    await stack.client.call(cancelCommand, { params: { commandId: withdrawn.id } });
    await assertEventually(async () =>
      expect(await read(expiring.id)).toMatchObject({ state: 'expired', reasonCode: 'not_delivered' }),
    );
    expect((await read(waiting.id)).state).toBe('queued');

    await device.setOffline(false);
    await assertEventually(async () => expect((await read(waiting.id)).state).toBe('succeeded'), { within: 30_000 });
    const after = await send(ping('after'));
    await assertEventually(async () => expect((await read(after.id)).state).toBe('succeeded'));
    expect(await read(expiring.id)).toMatchObject({ state: 'expired', sentAt: null, result: null });
    expect(await read(withdrawn.id)).toMatchObject({ state: 'cancelled', sentAt: null, result: null });
  });

  it('survives the worker being killed between order and answer', async () => {
    const sent = await Promise.all(Array.from({ length: 10 }, (_, n) => send(ping(`kill-${n}`))));
    await stack.worker.kill();
    await stack.worker.start();
    for (const { id } of sent)
      await assertEventually(async () => expect((await read(id)).state).toBe('succeeded'), { within: 60_000 });
  });

  it('leaves its traces in the timeline', async () => {
    const { items } = await stack.client.call(deviceTimeline, { params: { deviceId }, query: { pageSize: 100 } });
    const lines = items.map(({ summary }) => summary);
    expect(lines).toEqual(expect.arrayContaining(['Ping sent by journeys', 'Ping succeeded', 'Reboot succeeded']));
    expect(lines.some((line) => line.startsWith('Ping expired and will not run'))).toBe(true);
    expect(lines.some((line) => line.startsWith('Offline'))).toBe(true);
  });
});
