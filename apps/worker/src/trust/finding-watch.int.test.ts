import { memberStore } from '@muster/persistence/access/member.store';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { systemClock } from '@muster/runtime/clock/clock';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestWorker, testWorker } from '../worker.harness.js';
import { FindingWatch } from './finding-watch.js';

const DAY = 86_400_000;
const tenant = 'acme';
let test: TestDatabase;
let worker: TestWorker;

beforeAll(async () => {
  test = await testDatabase();
  await test.database.system((tx) => memberStore.ensureTenant(tx, { id: tenant, name: tenant }));
  worker = await testWorker(test);
});
afterAll(async () => {
  await worker?.[Symbol.asyncDispose]();
  await test?.drop();
});

const look = () => worker.app.get(FindingWatch).look();
const expire = () =>
  test.database.tenant(tenant, async (tx) => {
    const facts = {
      name: 'pump',
      serial: uuidv7(),
      model: 'gw-1',
      hardwareRevision: null,
      class: 'gateway',
      site: null,
    };
    const row = { ...facts, labels: {}, state: 'active' as const };
    const { id } = (await deviceStore.insert(tx, row, systemClock.now()))!;
    const unique = uuidv7();
    const [from, to] = [new Date(Date.now() - 91 * DAY), new Date(Date.now() - DAY)];
    await tx.query(
      `insert into certificates (tenant_id, id, device_id, serial, fingerprint, key_hash, state, pem, not_before, not_after)
       values ($1, $2, $3, $4, $4, $4, 'expired', '', $5, $6)`,
      [tenant, uuidv7(), id, unique, from, to],
    );
    return id;
  });
const letters = async (type: string) =>
  (await test.database.system((tx) => tx.query('select id from outbox where type = $1', [type]))).length;
const gauge = async (kind: string) => {
  const line = (await worker.metrics.metrics()).split('\n').find((text) => text.includes(`kind="${kind}"`));
  return line === undefined ? null : Number(line.split(' ').at(-1));
};

it('a finding is told once, counted in a gauge, and closed when it is over', async () => {
  await look();
  expect(await gauge('certificate_expired')).toBe(0);
  const deviceId = await expire();
  expect(await look()).toBe(1);
  expect(await look()).toBe(1);
  expect(await gauge('certificate_expired')).toBe(1);
  await assertEventually(async () => {
    const told = await test.database.tenant(tenant, (tx) =>
      tx.query(`select severity, title, link, body from notifications where kind = 'trust.finding_opened'`),
    );
    expect(told).toEqual([
      {
        ...{ severity: 'critical', title: 'Certificates have expired', link: '/trust' },
        body: expect.stringContaining('1 device in service has no certificate that is valid'),
      },
    ]);
  });
  await test.database.tenant(tenant, (tx) =>
    tx.query(`update devices set state = 'quarantined' where id = $1`, [deviceId]),
  );
  expect(await look()).toBe(0);
  expect(await gauge('certificate_expired')).toBe(0);
  expect([await letters('trust.finding_opened'), await letters('trust.finding_closed')]).toEqual([1, 1]);
  await expire();
  await look();
  expect(await letters('trust.finding_opened')).toBe(2);
});
