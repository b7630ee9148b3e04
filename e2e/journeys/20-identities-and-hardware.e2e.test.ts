import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  deviceTimeline,
  getDevice,
  listDeviceSightings,
  quarantineDevice,
  swapDevice,
} from '@muster/contracts/devices/devices.routes';
import { getSeries } from '@muster/contracts/telemetry/telemetry.routes';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { AgentProcess } from '../stack/agent-process.js';
import { PlainDevice } from '../stack/plain-device.js';
import { Stack } from '../stack/stack.js';

const patience = { within: 120_000, every: 250 };
const MINUTE = 60_000;

let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start({ cluster: inject('postgres') });
});
afterAll(() => stack?.stop());

const device = (deviceId: string) => stack.client.call(getDevice, { params: { deviceId } });

describe('new hardware in an old place', () => {
  it('shows what the old hardware measured, and the old one is cut off', async () => {
    const old = await PlainDevice.enrol(stack.deviceUrl, await stack.enrollmentToken(1, 'Pier 4'), 'old-1');
    const { deviceId } = old.identity;
    const began = Date.now();
    for (let n = 0; n < 60; n++) old.measure(n, new Date(began - (60 - n) * MINUTE), { temperature_c: 20 });
    old.start();
    await assertEventually(() => expect(old.unacknowledged).toBe(0), patience);

    const { version } = await device(deviceId);
    const body = { serial: 'new-1', reason: 'water in the case' };
    const made = await stack.client.call(swapDevice, { params: { deviceId }, body, match: version });
    expect(made).toMatchObject({ state: 'pre_registered', site: 'Pier 4', predecessorId: deviceId });
    await assertEventually(async () => {
      expect(await device(deviceId)).toMatchObject({ state: 'decommissioned', connected: false, successorId: made.id });
    }, patience);

    const next = await PlainDevice.enrol(stack.deviceUrl, await stack.enrollmentToken(1), 'new-1');
    expect(next.identity.deviceId).toBe(made.id);
    for (let n = 0; n < 10; n++) next.measure(n, new Date(Date.now() + n), { temperature_c: 30 });
    next.start();
    await assertEventually(() => expect(next.unacknowledged).toBe(0), patience);

    const params = { deviceId: made.id };
    const query = { metrics: 'temperature_c', width: 200, downsample: 'buckets' as const };
    const range = {
      from: new Date(began - 2 * 60 * MINUTE).toISOString(),
      to: new Date(Date.now() + MINUTE).toISOString(),
    };
    const { series } = await stack.client.call(getSeries, { params, query: { ...query, ...range } });
    expect(series).toHaveLength(1);
    expect(series[0]!.n.reduce((a, b) => a + b, 0)).toBe(70);
    expect(series[0]!.avg.find((value) => value !== null)).toBe(20);
    expect(series[0]!.avg.findLast((value) => value !== null)).toBe(30);

    const { items } = await stack.client.call(deviceTimeline, { params, query: { pageSize: 100 } });
    expect(items.map(({ predecessor }) => predecessor?.serial ?? null)).toEqual(
      expect.arrayContaining([null, 'old-1']),
    );
    await Promise.all([old.end(), next.end()]);
  });
});

describe('a copied disk', () => {
  it('is noticed while both run, named, and cut off by quarantine', async () => {
    const npx = `npx http://127.0.0.1:${stack.ports.people}/agent/muster-agent.tgz --url ${stack.deviceUrl}`;
    const first = AgentProcess.start(npx, '--token', await stack.enrollmentToken(1));
    const deviceId = await assertEventually(() => {
      const id = /enrolled as (\S+) of/.exec(first.told)?.[1];
      expect(id, first.told).toBeDefined();
      return id!;
    }, patience);
    await assertEventually(async () => expect((await device(deviceId)).presence).toBe('online'), patience);
    const folder = mkdtempSync(join(tmpdir(), 'muster-copy-'));
    cpSync(join(first.folder, 'state'), join(folder, 'state'), { recursive: true });
    const copy = AgentProcess.startIn(folder, npx);
    try {
      const found = await assertEventually(async () => {
        const now = await device(deviceId);
        expect(now.cloneSuspectedAt, copy.told).not.toBeNull();
        return now;
      }, patience);
      const { items } = await stack.client.call(deviceTimeline, { params: { deviceId }, query: { pageSize: 100 } });
      expect(items.map(({ summary }) => summary).join('\n')).toMatch(/take turns under one identity, boot \S+/);
      await assertEventually(async () => {
        const { items: places } = await stack.client.call(listDeviceSightings, { params: { deviceId } });
        expect(places[0]!.sessions).toBeGreaterThan(2);
      }, patience);
      const body = { reason: 'two hold its key' };
      await stack.client.call(quarantineDevice, { params: { deviceId }, body, match: found.version });
      await assertEventually(async () => expect((await device(deviceId)).connected).toBe(false), patience);
    } finally {
      await copy.kill();
      await first.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
