import { messageFlags } from '@muster/contracts/telemetry/telemetry.schema';
import { memberStore } from '@muster/persistence/access/member.store';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { ingestMinuteStore } from '@muster/persistence/telemetry/ingest-minute.store';
import type { MessageRow } from '@muster/persistence/telemetry/message-row';
import { percentile } from '@muster/telemetry/millis-histogram';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import pino from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DeviceRegistry } from './device-registry.js';
import { FloodLimit } from './flood-limit.js';
import { IngestMinutes } from './ingest-minutes.js';

let db: TestDatabase;
const clock = new FakeClock('2026-01-01T00:00:00.000Z');
const logger = pino({ level: 'silent' });
let deviceId: string;

beforeAll(async () => {
  db = await testDatabase();
  await db.database.system((tx) => memberStore.ensureTenant(tx, { id: 'acme', name: 'acme' }));
  const facts = { hardwareRevision: null, class: 'gateway', site: null, labels: {}, state: 'active' as const };
  deviceId = await db.database.tenant('acme', async (tx) => {
    const device = await deviceStore.insert(tx, { ...facts, name: 'g', serial: '1', model: 'mg-1' }, clock.now());
    return device!.id;
  });
});
afterAll(() => db?.drop());

const open = (metrics = new Registry()) => {
  const registry = new DeviceRegistry(db.database, clock);
  const flood = new FloodLimit(registry, { perSecond: 1, burst: 2 }, clock, metrics);
  return { registry, flood, minutes: new IngestMinutes(db.database, registry, flood, clock, logger, metrics) };
};
const arrival = (tenant: string, values: number, more: Partial<MessageRow> = {}) => ({
  bytes: 100,
  row: {
    tenant,
    producedAt: new Date(clock.now().getTime() - 400),
    receivedAt: new Date(clock.now().getTime() - 20),
    flags: 0,
    value: Array.from({ length: values }, () => 1),
    ...more,
  } as MessageRow,
});
const slots = (tenant: string) =>
  db.database.tenant(tenant, (tx) => ingestMinuteStore.slots(tx, new Date('2026-01-01T00:00:00.000Z')));

test('slots are written once each when they are over, by tenant', async () => {
  const { minutes } = open();
  minutes.committed([arrival('acme', 5), arrival('acme', 5), arrival('globex', 1)], 3);
  minutes.committed([arrival('acme', 4), arrival('acme', 4)], 1);
  minutes.deadLettered('acme');
  await minutes.flush();
  expect(await slots('acme')).toEqual([]);
  clock.advance(10_000);
  minutes.committed([arrival('acme', 1, { flags: messageFlags.late })], 1);
  await minutes.flush();
  await minutes.flush();
  const [slot, ...more] = await slots('acme');
  expect(more).toEqual([]);
  expect(slot).toMatchObject({ stored: 3, duplicates: 1, readings: 14, deadLettered: 1, shed: 0, bytes: 400 });
  expect(percentile(slot!.commitMs, 0.5)).toBeCloseTo(20, -0.5);
  expect(percentile(slot!.lagMs, 0.99)! / 400).toBeCloseTo(1, 0.5);
  expect(await slots('globex')).toMatchObject([{ stored: 1, readings: 1 }]);
  await minutes.flush(true);
  expect((await slots('acme'))[1]).toMatchObject({ stored: 1, lagMs: [] });
});

test('a process with a door is listed with what waits in it and whom it holds back', async () => {
  clock.advance(10_000);
  const { minutes, flood, registry } = open();
  await registry.find(deviceId);
  minutes.door('mqtt', () => ({ waiting: 7, paused: true }));
  minutes.door('http');
  for (let i = 0; i < 5; i++) flood.admit(deviceId, 'telemetry');
  await minutes.flush(true);
  const read = () =>
    db.database.tenant('acme', async (tx) => ({
      processes: await ingestMinuteStore.processes(tx, clock.now()),
      floods: await ingestMinuteStore.floods(tx, clock.now()),
    }));
  const { processes, floods } = await read();
  expect(processes).toMatchObject([{ name: minutes.process, doors: ['mqtt', 'http'], waiting: 7, paused: true }]);
  expect(floods).toMatchObject([{ deviceId, name: 'g', shed: 3 }]);
  expect((await slots('acme')).at(-1)).toMatchObject({ shed: 3, stored: 0 });
  clock.advance(120_000);
  await minutes.flush();
  expect((await read()).floods).toEqual([]);
  await db.database.system((tx) => ingestMinuteStore.leave(tx, minutes.process));
  expect((await read()).processes).toEqual([]);
});

test('what is older than a day is forgotten', async () => {
  const { minutes } = open();
  clock.advance(25 * 3_600_000);
  await minutes.flush();
  expect(await slots('acme')).toEqual([]);
});

test('percentiles of the last slot are shown to whoever scrapes the process', async () => {
  const metrics = new Registry();
  const { minutes } = open(metrics);
  minutes.committed([arrival('acme', 5), arrival('globex', 5)], 2);
  clock.advance(10_000);
  await minutes.flush();
  expect(await metrics.metrics()).toMatch(/muster_ingest_lag_seconds\{quantile="0.99"\} 0\.(3[789]|4[012])/);
});
