import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admit, openHarness } from '../people.harness.js';
import { DevicesModule } from './devices.module.js';

let db: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;
const clock = new FakeClock('2026-11-21T06:00:00.000Z');

beforeAll(async () => {
  db = await testDatabase();
  api = await openHarness(db.database, clock, [DevicesModule]);
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

const put = (name: string, times: object, as = api.as('operator')) =>
  as.put(`/device-classes/${encodeURIComponent(name)}`, times);
const list = async () => (await api.as('viewer').get('/device-classes')).json().items;
const actions = async (name: string) => {
  const rows = await db.database.system((tx) =>
    tx.query<{ action: string }>('select action from audit_entries where resource = $1 order by seq', [
      `device_class:${name}`,
    ]),
  );
  return rows.map(({ action }) => action);
};

describe('device classes', () => {
  it('are made and changed by one request, and judge their devices from then on', async () => {
    const device = { serial: 'S1', model: 'edge-1', class: 'meter hub/1' };
    const made = (await api.as('admin').post('/devices', device)).json();
    expect(made).toMatchObject({ heartbeatS: 60, missedHeartbeats: 3 });
    const times = { heartbeatS: 10, missedHeartbeats: 5 };
    const answer = await put('meter hub/1', times);
    expect([answer.statusCode, answer.json()]).toEqual([200, { name: 'meter hub/1', ...times }]);
    expect((await api.as('viewer').get(`/devices/${made.id}`)).json()).toMatchObject(times);
    await put('fresh', { heartbeatS: 3600, missedHeartbeats: 1 });
    expect(await list()).toEqual([
      { name: 'fresh', heartbeatS: 3600, missedHeartbeats: 1 },
      { name: 'meter hub/1', ...times },
    ]);
  });

  it('are audited when they change and only then', async () => {
    for (const heartbeatS of [30, 30, 40]) await put('audited', { heartbeatS, missedHeartbeats: 3 });
    expect(await actions('audited')).toEqual(['device_class.created', 'device_class.changed']);
  });

  it.each([
    [{ heartbeatS: 4, missedHeartbeats: 3 }, '/body/heartbeatS'],
    [{ heartbeatS: 3601, missedHeartbeats: 3 }, '/body/heartbeatS'],
    [{ heartbeatS: 60, missedHeartbeats: 0 }, '/body/missedHeartbeats'],
    [{ heartbeatS: 60, missedHeartbeats: 101 }, '/body/missedHeartbeats'],
    [{ heartbeatS: 60 }, '/body/missedHeartbeats'],
    [{ heartbeatS: 60, missedHeartbeats: 3, tenantId: 'globex' }, '/body/tenantId'],
  ])('are refused outside of their range: %j', async (times, pointer) => {
    const answer = await put('refused', times);
    expect(answer.json()).toMatchObject({ code: 'validation_failed', errors: [{ pointer }] });
    expect(await actions('refused')).toEqual([]);
  });

  it('are not changed by who may only read, and not seen by another tenant', async () => {
    expect((await put('v', { heartbeatS: 60, missedHeartbeats: 3 }, api.as('viewer'))).json()).toMatchObject({
      code: 'forbidden',
      facts: { permission: 'device:write' },
    });
    const { owner } = await admit(db.database, clock, 'globex');
    const stranger = api.with({ cookie: `muster_session=${owner}` });
    expect((await stranger.get('/device-classes')).json()).toEqual({ items: [] });
    await put('fresh', { heartbeatS: 5, missedHeartbeats: 9 }, stranger);
    expect(await list()).toContainEqual({ name: 'fresh', heartbeatS: 3600, missedHeartbeats: 1 });
  });
});
