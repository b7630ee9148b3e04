import { randomUUID } from 'node:crypto';
import { FLOOD_PACE, FloodLimit } from '@muster/ingest/flood-limit';
import { SETTINGS } from '@muster/runtime/config/settings';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestWorker, testWorker } from '../worker.harness.js';

let test: TestDatabase;
let worker: TestWorker;
const device = { tenant: 'north', deviceId: randomUUID() };

beforeAll(async () => {
  test = await testDatabase();
  await test.database.system(async (tx) => {
    await tx.query(`insert into tenants (id, name) values ('north', 'North')`);
    await tx.query(`insert into device_classes (tenant_id, name) values ('north', 'gateway')`);
    await tx.query(
      `insert into devices (tenant_id, id, name, serial, model, class, state) values ('north', $1, 'd', 's', 'm', 'gateway', 'active')`,
      [device.deviceId],
    );
  });
  worker = await testWorker(test, [], undefined, { MUSTER_FLOOD_PER_SECOND: '0.1', MUSTER_FLOOD_BURST: '20' });
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await test.drop();
});

const send = (seqNo: number) =>
  worker.transport.uplink(device, 'telemetry', {
    msgId: `m${seqNo}`,
    deviceId: device.deviceId,
    seqNo,
    producedAt: new Date().toISOString(),
    schemaVersion: 1,
    epoch: 4,
    readings: [{ values: { a: seqNo } }],
  });

it('what a device sends over its limit gets its PUBACK, is stored nowhere, and is asked for later', async () => {
  expect(worker.app.get(SETTINGS)).toMatchObject({ floodBurst: 20 });
  expect(worker.app.get(FLOOD_PACE)).toEqual({ perSecond: 0.1, burst: 20 });
  await Promise.all(Array.from({ length: 25 }, (_, n) => send(n)));
  const stored = await test.database.system((tx) => tx.query<{ n: number }>('select count(*)::int as n from messages'));
  const dead = await test.database.system((tx) =>
    tx.query<{ n: number }>('select count(*)::int as n from dead_letters'),
  );
  expect([stored, dead]).toEqual([[{ n: 20 }], [{ n: 0 }]]);
  const ack = await assertEventually(() => {
    const [first] = worker.transport.to(device, 'ack');
    expect(first).toMatchObject({ stream: 'telemetry', epoch: 4, ranges: [[0, 19]], refused: [] });
    return first!;
  });
  expect(ack.pauseUntilMs).toBeGreaterThan(Date.now());
  expect(worker.app.get(FloodLimit).floodingNow()).toMatchObject([
    { ...device, deviceKey: expect.any(Number), shed: 5 },
  ]);
});
