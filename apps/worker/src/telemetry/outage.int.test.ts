import { randomUUID } from 'node:crypto';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
  worker = await testWorker(test);
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await test.drop();
});

describe('while the database is away', () => {
  it('nothing is acknowledged, and afterwards everything is there once', async () => {
    const owner = new pg.Client({ connectionString: test.ownerUrl });
    await owner.connect();
    const allow = (yes: boolean) => owner.query(`alter database ${test.name} connection limit ${yes ? -1 : 0}`);
    const cut = () =>
      owner.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
      );
    const send = (seqNo: number) =>
      worker.transport.uplink(device, 'telemetry', {
        msgId: `m${seqNo}`,
        deviceId: device.deviceId,
        seqNo,
        producedAt: new Date().toISOString(),
        schemaVersion: 1,
        readings: [{ values: { a: seqNo } }],
      });
    try {
      await send(0);
      await allow(false);
      await cut();
      let acknowledged = 0;
      const sent = Array.from({ length: 500 }, (_, n) => send(n + 1).then(() => acknowledged++));
      // Long enough for several attempts to fail: the first pauses are 50, 100 and 200 ms.
      const began = performance.now();
      await assertEventually(() => expect(performance.now() - began).toBeGreaterThan(500));
      expect(acknowledged).toBe(0);
      await allow(true);
      await Promise.all(sent);
      const count = await owner.query('select count(*)::int as n from messages where kind = 2');
      expect(count.rows).toEqual([{ n: 501 }]);
      const dead = await owner.query('select count(*)::int as n from dead_letters');
      expect(dead.rows).toEqual([{ n: 0 }]);
    } finally {
      await allow(true);
      await owner.end();
    }
  });
});
