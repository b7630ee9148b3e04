import { audit } from '@muster/persistence/audit/audit.store';
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

const admin = () => api.as('admin');
const register = async (over: object = {}) => {
  const answer = await admin().post('/devices', { serial: `G${++serial}`, model: 'edge-1', ...over });
  return { ...answer.json(), etag: String(answer.headers.etag) };
};
const audited = async (action: string) => {
  const [entry] = await db.database.tenant('acme', (tx) => audit.list(tx, { limit: 1, action }));
  return JSON.parse(entry!.canonical);
};

describe('pinning a group', () => {
  it('pins what a selector matches, counts what changed, and says who and why once', async () => {
    for (let i = 0; i < 3; i++) await register({ site: 'Pier' });
    const already = await register({ site: 'Pier' });
    await admin().patch(`/devices/${already.id}`, { pinned: true }, { 'if-match': already.etag });
    await register({ site: 'Quay' });
    const body = { selector: { site: ['Pier'] }, pinned: true, reason: 'audit season' };
    expect((await admin().post('/devices/pin', body)).json()).toEqual({ matched: 4, changed: 3 });
    expect(await audited('device.group_pinned')).toMatchObject({
      after: { matched: 4, changed: 3, pinned: true },
      reason: 'audit season',
    });
    expect((await admin().get('/devices?site=Pier')).json().items.every((d: { pinned: boolean }) => d.pinned)).toBe(
      true,
    );
    expect((await admin().get('/devices?site=Quay')).json().items[0].pinned).toBe(false);
    expect((await admin().post('/devices/pin', body)).json()).toEqual({ matched: 4, changed: 0 });
    const release = { selector: { site: ['Pier'] }, pinned: false };
    expect((await admin().post('/devices/pin', release)).json()).toEqual({ matched: 4, changed: 4 });
  });

  it('is refused to who may only read', async () => {
    const answer = await api.as('viewer').post('/devices/pin', { selector: {}, pinned: true });
    expect(answer.json()).toMatchObject({ code: 'forbidden' });
  });
});

describe('sites', () => {
  it('list their devices and take zones of the IANA database only', async () => {
    await register({ site: 'Harbour' });
    await register({ site: 'Harbour' });
    const listed = (await admin().get('/sites')).json().items;
    expect(listed).toContainEqual({ name: 'Harbour', region: null, timezone: 'UTC', devices: 2 });
    const changed = await admin().patch('/sites/Harbour', { timezone: 'Europe/Oslo', region: 'north' });
    expect(changed.json()).toEqual({ name: 'Harbour', region: 'north', timezone: 'Europe/Oslo', devices: 2 });
    expect((await audited('site.changed')).after).toEqual({ timezone: 'Europe/Oslo', region: 'north' });
    const wrong = await admin().patch('/sites/Harbour', { timezone: 'Europe/Atlantis' });
    expect(wrong.json()).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/body/timezone' }] });
    expect((await admin().patch('/sites/Harbour', { timezone: '+02:00' })).json().code).toBe('validation_failed');
    expect((await admin().patch('/sites/Nowhere', { timezone: 'UTC' })).json().code).toBe('not_found');
  });
});

describe('the pause after repeated failures', () => {
  it('is shown while it lasts, ends when somebody says so, and the timeline remembers who', async () => {
    const device = await register();
    const until = '2026-11-22T06:00:00.000Z';
    await db.database.tenant('acme', (tx) =>
      tx.query('update devices set updates_blocked_until = $2 where id = $1', [device.id, until]),
    );
    expect((await admin().get(`/devices/${device.id}`)).json().updatesBlockedUntil).toBe(until);
    const lifted = await admin().patch(
      `/devices/${device.id}`,
      { updatesBlockedUntil: null },
      { 'if-match': device.etag },
    );
    expect(lifted.json().updatesBlockedUntil).toBeNull();
    const { items } = (await admin().get(`/devices/${device.id}/timeline`)).json();
    expect(items[0].summary).toMatch(/^Updates are offered again: .+ ended the pause$/);
    expect((await audited('device.changed')).after).toEqual({ updatesBlockedUntil: null });
    const late = await admin().patch(`/devices/${device.id}`, { updatesBlockedUntil: until }, { 'if-match': '"9"' });
    expect(late.json().code).toBe('validation_failed');
  });
});
