import { defaultRetention } from '@muster/contracts/telemetry/retention.schema';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { archiveStore } from '@muster/persistence/telemetry/archive.store';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { admit, openHarness } from '../people.harness.js';
import { RetentionModule } from './retention.module.js';

const clock = new FakeClock(new Date('2026-03-01T10:00:00.000Z'));
let db: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;
let device: { id: string; deviceKey: number };

beforeAll(async () => {
  db = await testDatabase();
  api = await openHarness(db.database, clock, [RetentionModule]);
  await admit(db.database, clock, 'globex');
  device = await db.database.tenant('acme', async (tx) => {
    const facts = { hardwareRevision: null, class: 'gateway', site: null, labels: {}, state: 'active' as const };
    return (await deviceStore.insert(tx, { ...facts, name: 'g', serial: '1', model: 'mg-1' }, clock.now()))!;
  });
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

const audited = (action: string) =>
  db.database.tenant('acme', (tx) =>
    tx.query('select resource, canonical from audit_entries where action = $1', [action]),
  );
const policy = (more: object = {}) => ({ ...defaultRetention, class: null, ...more });

describe('retention', () => {
  test('is the default until it is set, and setting it replaces all and is audited', async () => {
    expect((await api.as('viewer').get('/retention')).json()).toEqual({ policies: [policy()] });
    const policies = [policy({ rawDays: 90 }), policy({ class: 'gateway', rawDays: 400, archive: true })];
    const answer = await api.as('owner').put('/retention', { policies });
    expect(answer.json(), answer.body).toEqual({ policies });
    expect((await api.as('viewer').get('/retention')).json()).toEqual({ policies });
    expect(await audited('retention.changed')).toHaveLength(1);
  });

  test.each([
    [[policy({ warmAfterDays: 181 })], '/body/policies/0/warmAfterDays'],
    [[policy({ hourlyDays: 100 })], '/body/policies/0/hourlyDays'],
    [[policy(), policy()], '/body/policies/1/class'],
    [[policy(), policy({ class: 'toaster' })], '/body/policies/1/class'],
    [[policy({ class: 'gateway' })], '/body/policies'],
    [[policy({ rawDays: 0 })], '/body/policies/0/rawDays'],
  ])('that cannot be is refused at its field: %#', async (policies, pointer) => {
    const answer = await api.as('owner').put('/retention', { policies });
    expect(answer.json()).toMatchObject({ status: 400, code: 'validation_failed', errors: [{ pointer }] });
  });

  test('is changed by those who may', async () => {
    expect((await api.as('operator').put('/retention', { policies: [policy()] })).statusCode).toBe(403);
  });
});

test('stored days are listed newest first with their tier and size', async () => {
  await db.database.system((tx) =>
    tx.execute(
      `insert into messages (device_key, produced_at, seq_no, kind, received_at, schema_version)
       values ($1, now(), 1, 1, now(), 1)`,
      [device.deviceKey],
    ),
  );
  await db.database.outside((session) => session.query('analyze messages'));
  const { items } = (await api.as('viewer').get('/stored-days')).json();
  expect(items).toContainEqual({
    day: new Date().toISOString().slice(0, 10),
    tier: 'hot',
    rows: 1,
    bytes: expect.any(Number),
  });
});

describe('an archive', () => {
  const make = async (tenant: string, day: string, kept = true) => {
    const id = uuidv7();
    const file = { rows: 5, bytes: 9, sha256: 'a', manifestSha256: 'b', manifestBytes: 1 };
    await db.database.system(async (tx) => {
      await archiveStore.begin(tx, {
        id,
        tenant,
        day,
        source: `messages_odd_${day.replaceAll('-', '')}`,
        deviceKeys: [1],
      });
      if (kept) await archiveStore.keep(tx, id, file, clock.now());
    });
    return id;
  };

  test('is listed page by page, and restored by order for some days', async () => {
    const ids = [await make('acme', '2026-01-01'), await make('acme', '2026-01-02')];
    const first = (await api.as('viewer').get('/archives?pageSize=1')).json();
    expect(first.items).toMatchObject([{ id: ids[1], day: '2026-01-02', state: 'kept', rows: 5 }]);
    const second = (await api.as('viewer').get(`/archives?pageSize=1&pageToken=${first.nextPageToken}`)).json();
    expect(second.items).toMatchObject([{ id: ids[0] }]);
    const restored = await api.as('owner').post(`/archives/${ids[0]}/restore`, { days: 3 });
    expect(restored.statusCode).toBe(202);
    expect(restored.json()).toMatchObject({ state: 'restoring', restoredUntil: '2026-03-04T10:00:00.000Z' });
    expect(await audited('archive.restore_requested')).toHaveLength(1);
  });

  test('of another tenant is not there, and one that is being written waits', async () => {
    const strange = await make('globex', '2026-01-03');
    expect((await api.as('owner').post(`/archives/${strange}/restore`, {})).statusCode).toBe(404);
    expect((await api.as('viewer').get('/archives')).body).not.toContain(strange);
    const writing = await make('acme', '2026-01-04', false);
    expect((await api.as('owner').post(`/archives/${writing}/restore`, {})).json()).toMatchObject({ code: 'conflict' });
    expect((await api.as('viewer').post(`/archives/${writing}/restore`, {})).statusCode).toBe(403);
  });
});

describe('a purge', () => {
  test('of a device is ordered with a reason and listed', async () => {
    const answer = await api.as('owner').post('/purges', { deviceId: device.id, reason: 'asked to' });
    expect(answer.statusCode, answer.body).toBe(202);
    expect(answer.json()).toMatchObject({ scope: 'device', state: 'queued', requestedBy: 'owner', removed: {} });
    expect((await api.as('auditor').get('/purges')).json().items).toMatchObject([{ id: answer.json().id }]);
    const [entry] = await audited('purge.requested');
    expect(entry!.canonical).toContain('asked to');
  });

  test('of the whole tenant needs its name', async () => {
    const order = (confirm?: string) =>
      api.as('owner').post('/purges', { deviceId: null, reason: 'moving out', confirm });
    expect((await order()).json()).toMatchObject({ status: 400, errors: [{ pointer: '/body/confirm' }] });
    expect((await order('globex')).statusCode).toBe(400);
    expect((await order('acme')).json()).toMatchObject({ scope: 'tenant', deviceId: null });
  });

  test('of a device of another tenant is refused, and so is whoever may not', async () => {
    const stranger = await db.database.tenant('globex', async (tx) => {
      const facts = { hardwareRevision: null, class: 'gateway', site: null, labels: {}, state: 'active' as const };
      return (await deviceStore.insert(tx, { ...facts, name: 'x', serial: '1', model: 'mg-1' }, clock.now()))!;
    });
    expect((await api.as('owner').post('/purges', { deviceId: stranger.id, reason: 'r' })).statusCode).toBe(404);
    expect((await api.as('operator').post('/purges', { deviceId: device.id, reason: 'r' })).statusCode).toBe(403);
    expect((await api.as('operator').get('/purges')).statusCode).toBe(403);
  });
});
