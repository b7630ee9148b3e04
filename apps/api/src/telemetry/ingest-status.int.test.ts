import { deviceStore } from '@muster/persistence/devices/device.store';
import { deadLetterStore } from '@muster/persistence/telemetry/dead-letter.store';
import { ingestMinuteStore, type SlotCounts } from '@muster/persistence/telemetry/ingest-minute.store';
import { rollupStore } from '@muster/persistence/telemetry/rollup.store';
import { observe } from '@muster/telemetry/millis-histogram';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { admit, openHarness } from '../people.harness.js';
import { TelemetryModule } from './telemetry.module.js';

const SLOT = 10_000;
const HOUR = 3_600_000;
const now = Math.floor(Date.now() / HOUR) * HOUR + 30 * 60_000;

let db: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;
let foreign: string;
let device: { id: string; deviceKey: number };

beforeAll(async () => {
  db = await testDatabase();
  const clock = new FakeClock(new Date(now));
  api = await openHarness(db.database, clock, [TelemetryModule]);
  foreign = (await admit(db.database, clock, 'globex')).owner;
  const facts = { hardwareRevision: null, class: 'gateway', site: null, labels: {}, state: 'active' as const };
  device = (await db.database.tenant('acme', (tx) =>
    deviceStore.insert(tx, { ...facts, name: 'loud', serial: '1', model: 'mg-1' }, new Date(now)),
  ))!;
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

const slot = (tenant: string, ago: number, ms: readonly number[], more: Partial<SlotCounts> = {}): SlotCounts => {
  const commitMs: number[] = [];
  for (const one of ms) observe(commitMs, one);
  const counts = { stored: ms.length, readings: 5 * ms.length, duplicates: 0, deadLettered: 0, shed: 0, bytes: 100 };
  return { tenant, at: new Date(now - ago), ...counts, commitMs, lagMs: [], ...more };
};
const keep = (process: string, ...slots: SlotCounts[]) =>
  db.database.system((tx) => ingestMinuteStore.keep(tx, process, slots));

test('slots of all processes are one, with percentiles of everything together, and silence between them is zero', async () => {
  expect((await api.as('viewer').get('/ingest')).json().slots).toEqual([]);
  const quick = Array.from({ length: 98 }, () => 4);
  await keep('worker/1', slot('acme', 6 * SLOT, quick, { duplicates: 2 }), slot('globex', 6 * SLOT, [1, 1]));
  await keep('worker/2', slot('acme', 6 * SLOT, [900, 900], { shed: 3 }), slot('acme', 4 * SLOT, [4]));
  await keep('worker/2', slot('acme', 2 * HOUR, [4]));
  const { slots } = (await api.as('viewer').get('/ingest')).json();
  expect(slots).toHaveLength(359);
  expect(slots.slice(-5).map(({ stored }: { stored: number }) => stored)).toEqual([100, 0, 1, 0, 0]);
  expect(slots.at(-5)).toMatchObject({ seconds: 10, readings: 500, duplicates: 2, shed: 3, bytes: 200, lagMs: null });
  expect(slots.at(-5).commitMs.p50).toBeCloseTo(4, 0);
  expect(slots.at(-5).commitMs.p99).toBeGreaterThan(800);
  expect(slots.at(-4).commitMs).toBeNull();
  await keep('worker/3', slot('acme', 4 * SLOT, [4, 4]));
  expect((await api.as('viewer').get('/ingest')).json().slots.at(-3).stored).toBe(3);
});

test('tells who takes in, who is held back, what waits and how far partitions reach', async () => {
  await db.database.system(async (tx) => {
    const facts = { name: 'worker/1', doors: ['mqtt'], waiting: 5, paused: false, rssBytes: 1e8 };
    const flood = { tenant: 'acme', deviceId: device.id, since: new Date(now - 5_000), shed: 40 };
    await ingestMinuteStore.present(tx, facts, [flood], new Date(now - 3_000));
    await ingestMinuteStore.present(tx, { ...facts, name: 'worker/gone' }, [], new Date(now - HOUR));
    const hours = [now - 5 * HOUR, now - 2 * HOUR, now].map((ms) => Math.floor(ms / HOUR) * HOUR);
    await rollupStore.mark(
      tx,
      hours.map((bucket) => ({ deviceKey: device.deviceKey, bucket })),
    );
    const letter = { topic: 't', payload: Buffer.from('x'), receivedAt: new Date(now), detail: '', deviceId: null };
    await deadLetterStore.insert(tx, [
      { ...letter, tenant: 'acme', reason: 'payload_invalid' },
      { ...letter, tenant: 'acme', reason: 'payload_invalid' },
      { ...letter, tenant: 'globex', reason: 'payload_malformed' },
    ]);
  });
  const restarted = await openHarness(db.database, new FakeClock(new Date(now)), [TelemetryModule], {
    tenantId: 'initech',
  });
  const cookie = { cookie: `muster_session=${api.tokens.viewer}` };
  const status = (await restarted.with(cookie).get('/ingest')).json();
  expect(status).toMatchObject({
    processes: [{ name: 'worker/1', doors: ['mqtt'], waiting: 5, seenAt: new Date(now - 3_000).toISOString() }],
    flooding: [{ deviceId: device.id, name: 'loud', shed: 40 }],
    rollups: { waiting: 2, oldest: new Date(Math.floor((now - 5 * HOUR) / HOUR) * HOUR).toISOString() },
    deadLetters: [{ reason: 'payload_invalid', count: 2 }],
  });
  expect(status.partitions.daysAhead).toBeGreaterThanOrEqual(14);
  expect(status.partitions.count).toBeGreaterThan(14);
  expect(status.partitions.bytes).toBeGreaterThan(0);
  const others = (await restarted.with({ cookie: `muster_session=${foreign}` }).get('/ingest')).json();
  expect(others).toMatchObject({ flooding: [], deadLetters: [{ reason: 'payload_malformed', count: 1 }] });
  expect(others.slots.filter(({ stored }: { stored: number }) => stored > 0)).toMatchObject([{ stored: 2 }]);
  await restarted.close();
});

test('is for those who may read telemetry', async () => {
  expect((await api.with({}).get('/ingest')).statusCode).toBe(401);
});
