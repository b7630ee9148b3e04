import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHarness } from '../people.harness.js';
import { DevicesModule } from './devices.module.js';

let db: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;
const clock = new FakeClock('2026-11-21T06:00:00.000Z');
let serial = 0;

beforeAll(async () => {
  db = await testDatabase();
  api = await openHarness(db.database, clock, [DevicesModule]);
});
afterAll(async () => {
  await api.close();
  await db.drop();
});

const register = async (over: object = {}) => {
  const answer = await api.as('admin').post('/devices', { serial: `S${++serial}`, model: 'edge-1', ...over });
  expect(answer.statusCode).toBe(201);
  return { ...answer.json(), etag: String(answer.headers.etag) };
};
const activate = (id: string) =>
  db.database.tenant('acme', (tx) => tx.query(`update devices set state = 'active' where id = $1`, [id]));
const match = (etag: string) => ({ 'if-match': etag });

describe('the registry', () => {
  it('pre-registers a device, finds it and refuses its twin', async () => {
    const device = await register({ name: 'Crane 1', site: 'Bergen', labels: { ring: 'canary' } });
    expect(device).toMatchObject({ state: 'pre_registered', presence: 'never', site: 'Bergen', driftCount: 0 });
    const again = await api.as('admin').post('/devices', { serial: device.serial, model: 'edge-1' });
    expect(again.json()).toMatchObject({ code: 'already_exists', status: 409 });
    const found = await api.as('viewer').get('/devices?q=crane&label=ring%3Dcanary');
    expect(found.json()).toMatchObject({ items: [{ id: device.id }], totalSize: 1, nextPageToken: null });
  });

  it('pages with tokens that fit one filter only', async () => {
    for (let n = 0; n < 5; n++) await register({ site: 'Paging' });
    const first = (await api.as('viewer').get('/devices?site=Paging&pageSize=3')).json();
    expect(first.totalSize).toBe(5);
    const second = await api.as('viewer').get(`/devices?site=Paging&pageSize=3&pageToken=${first.nextPageToken}`);
    const ids = [...first.items, ...second.json().items].map((item: { id: string }) => item.id);
    expect(new Set(ids).size).toBe(5);
    const other = await api.as('viewer').get(`/devices?site=Oslo&pageToken=${first.nextPageToken}`);
    expect(other.statusCode).toBe(400);
  });

  it('changes a device only against the version that was read', async () => {
    const device = await register();
    const path = `/devices/${device.id}`;
    expect((await api.as('admin').patch(path, { name: 'x' })).json()).toMatchObject({ code: 'precondition_required' });
    const done = await api.as('admin').patch(path, { name: 'renamed', labels: { a: 'b' } }, match(device.etag));
    expect(done.json()).toMatchObject({ name: 'renamed', labels: { a: 'b' } });
    const stale = await api.as('admin').patch(path, { name: 'late' }, match(device.etag));
    expect(stale.json()).toMatchObject({ code: 'precondition_failed', facts: { currentVersion: device.version + 1 } });
  });

  it('says nothing about another tenant', async () => {
    const id = '0198f000-0000-7000-8000-000000000001';
    expect((await api.as('owner').get(`/devices/${id}`)).json()).toMatchObject({ code: 'not_found' });
  });

  it('imports rows one by one and reports each', async () => {
    const rows = [
      { serial: 'I1', model: 'edge-1' },
      { serial: 'I1', model: 'edge-1' },
      { serial: '', model: 'edge-1' },
      'nonsense',
    ];
    const report = (await api.as('admin').post('/devices/import', { rows })).json();
    expect(report).toMatchObject({ created: 1, existing: 1, failed: 2 });
    expect(report.rows.map((row: { outcome: string }) => row.outcome)).toEqual([
      'created',
      'existing',
      'failed',
      'failed',
    ]);
    expect(report.rows[1].deviceId).toBe(report.rows[0].deviceId);
    expect(report.rows[2].message).toContain('serial');
  });

  it('previews what a selector matches', async () => {
    const device = await register({ labels: { preview: 'yes' } });
    const answer = await api.as('viewer').post('/devices/preview', { selector: { labels: { preview: 'yes' } } });
    expect(answer.json()).toMatchObject({ devices: 1, sample: [{ id: device.id }] });
  });

  it('counts the fleet', async () => {
    const before = (await api.as('viewer').get('/fleet/summary')).json();
    await register({ site: 'Counted' });
    const after = (await api.as('viewer').get('/fleet/summary')).json();
    expect(after.total).toBe(before.total + 1);
    expect(after.states.pre_registered).toBe(before.states.pre_registered + 1);
    expect(after.sites).toContainEqual({ site: 'Counted', total: 1, online: 0 });
    expect(after.health.unknown).toBe(after.total);
  });
});

describe('the life of a device', () => {
  it('moves along the machine, writes the timeline and refuses what the machine refuses', async () => {
    const device = await register();
    const refused = await api.as('admin').post(`/devices/${device.id}/maintain`, { reason: 'x' }, match(device.etag));
    expect(refused.json()).toMatchObject({ code: 'transition_refused', facts: { state: 'pre_registered' } });
    await activate(device.id);
    const done = await api
      .as('admin')
      .post(`/devices/${device.id}/maintain`, { reason: 'new antenna' }, match(device.etag));
    expect(done.json()).toMatchObject({ state: 'maintenance', reasonDetail: 'new antenna' });
    const timeline = (await api.as('viewer').get(`/devices/${device.id}/timeline`)).json();
    expect(timeline.items).toMatchObject([{ kind: 'state', summary: 'Put under maintenance: new antenna' }]);
  });

  it('revokes the certificates of a device it decommissions, in the same transaction', async () => {
    const device = await register();
    await activate(device.id);
    await db.database.tenant('acme', (tx) =>
      tx.query(
        `insert into certificates (tenant_id, id, device_id, serial, fingerprint, key_hash, state)
         values ('acme', gen_random_uuid(), $1, 'c1', 'f1', 'k1', 'active'), ('acme', gen_random_uuid(), $1, 'c2', 'f2', 'k2', 'superseded')`,
        [device.id],
      ),
    );
    const path = `/devices/${device.id}/decommission`;
    expect((await api.as('viewer').post(path, { reason: 'sold' }, match(device.etag))).statusCode).toBe(403);
    const done = await api.as('admin').post(path, { reason: 'sold' }, match(device.etag));
    expect(done.json()).toMatchObject({ state: 'decommissioning' });
    const rows = await db.database.tenant('acme', (tx) =>
      tx.query('select state, reason_detail from certificates where device_id = $1', [device.id]),
    );
    expect(rows).toEqual([
      { state: 'revoked', reason_detail: 'sold' },
      { state: 'revoked', reason_detail: 'sold' },
    ]);
    const letters = await db.database.system((tx) =>
      tx.query<{ type: string }>('select type from outbox where key = $1 order by id', [device.id]),
    );
    expect(letters.map(({ type }) => type)).toEqual([
      'device.changed',
      'certificate.revoked',
      'certificate.revoked',
      'device.changed',
    ]);
  });
});

describe('a twin', () => {
  it('takes merge patches against the version that was read, with history', async () => {
    const { id } = await register();
    const path = `/devices/${id}/twin/desired`;
    const twin = await api.as('viewer').get(`/devices/${id}/twin`);
    expect(twin.headers.etag).toBe('"0"');
    const first = await api.as('operator').patch(path, { mode: 'auto', rate: 5 }, match('"0"'));
    expect(first.json()).toMatchObject({ desired: { mode: 'auto', rate: 5 }, desiredVersion: 1 });
    expect(first.json().drifts).toMatchObject([
      { path: '/mode', class: 'unacknowledged' },
      { path: '/rate', class: 'unacknowledged' },
    ]);
    const stale = await api.as('operator').patch(path, { rate: 6 }, match('"0"'));
    expect(stale.json()).toMatchObject({
      code: 'precondition_failed',
      facts: { currentVersion: 1, current: { mode: 'auto', rate: 5 } },
    });
    const second = await api.as('operator').patch(path, { rate: null }, match('"1"'));
    expect(second.json()).toMatchObject({ desired: { mode: 'auto' }, desiredVersion: 2 });
    const history = (await api.as('viewer').get(`/devices/${id}/twin/history`)).json();
    expect(history.items.map((item: { patch: object }) => item.patch)).toEqual([
      { rate: null },
      { mode: 'auto', rate: 5 },
    ]);
    const drift = (await api.as('viewer').get(`/drift?deviceId=${id}`)).json();
    expect(drift.items).toMatchObject([{ path: '/mode', desired: 'auto', reported: null }]);
  });

  it('refuses keys that name machinery of the language', async () => {
    const { id } = await register();
    const answer = await api.app.inject({
      method: 'PATCH',
      url: `/api/v1/devices/${id}/twin/desired`,
      headers: {
        cookie: `muster_session=${api.tokens.operator}`,
        'content-type': 'application/json',
        ...match('"0"'),
      },
      payload: '{"config":{"constructor":{"x":1}}}',
    });
    expect(answer.statusCode).toBe(400);
  });
});
