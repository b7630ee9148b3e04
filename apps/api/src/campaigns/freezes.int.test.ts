import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHarness } from '../people.harness.js';
import { CampaignsModule } from './campaigns.module.js';

let test: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;
const clock = new FakeClock();

beforeAll(async () => {
  test = await testDatabase();
  api = await openHarness(test.database, clock, [CampaignsModule]);
  await api.as('operator').post('/devices', { name: 'x', serial: 'x', model: 'm', class: 'gateway', site: 'Oslo' });
  await test.database.system((tx) =>
    tx.query(`insert into sites (tenant_id, name) select id, 'Bergen' from tenants on conflict do nothing`),
  );
});
afterAll(async () => {
  await api.close();
  await test.drop();
});

const manager = () => api.as('release_manager');
const inHours = (hours: number): string => new Date(clock.now().getTime() + hours * 3_600_000).toISOString();
const freeze = (more: object = {}) =>
  manager().post('/freezes', { name: 'Year end', startsAt: inHours(1), endsAt: inHours(9), ...more });
const names = async (query = '') =>
  (await manager().get(`/freezes${query}`)).json().items.map(({ name }: { name: string }) => name);
const faultOf = (answer: Awaited<ReturnType<typeof freeze>>) => {
  const { code, errors } = answer.json();
  return [answer.statusCode, code, errors?.[0]];
};

describe('freezes', () => {
  it('are kept, listed by their end, and taken away, each with an audit entry and a letter', async () => {
    const later = (await freeze({ name: 'Later', endsAt: inHours(20) })).json();
    const made = await freeze({ name: 'Sooner', sites: ['Bergen'] });
    expect(made.statusCode).toBe(201);
    expect(made.json()).toMatchObject({ name: 'Sooner', sites: ['Bergen'], endsAt: inHours(9) });
    expect(await names()).toEqual(['Sooner', 'Later']);

    const first = (await manager().get('/freezes?pageSize=1')).json();
    const second = (await manager().get(`/freezes?pageSize=1&pageToken=${first.nextPageToken}`)).json();
    expect(second).toMatchObject({ items: [later], nextPageToken: null });

    expect((await manager().delete(`/freezes/${later.id}`)).statusCode).toBe(204);
    expect(await names()).toEqual(['Sooner']);
    const trail = await test.database.system((tx) =>
      tx.query(`select action from audit_entries where resource = $1 order by seq`, [`freeze:${later.id}`]),
    );
    expect(trail).toEqual([{ action: 'freeze.created' }, { action: 'freeze.deleted' }]);
    const letters = await test.database.system((tx) =>
      tx.query(`select count(*)::int as n from outbox where type = 'freeze.changed' and key = $1`, [later.id]),
    );
    expect(letters).toEqual([{ n: 2 }]);
  });

  it('that are over are history, the newest first', async () => {
    await freeze({ name: 'Short', startsAt: inHours(-1), endsAt: inHours(1) });
    await freeze({ name: 'Shorter', startsAt: inHours(-2), endsAt: inHours(0.5) });
    clock.advance(2 * 3_600_000);
    expect(await names()).not.toContain('Short');
    expect(await names('?past=true')).toEqual(['Short', 'Shorter']);
  });

  it.each([
    ['that ends before it starts', { startsAt: inHours(2), endsAt: inHours(1) }, '/body/endsAt', 'after startsAt'],
    [
      'that is over',
      { startsAt: '2001-01-01T00:00:00.000Z', endsAt: '2001-01-02T00:00:00.000Z' },
      '/body/endsAt',
      'past',
    ],
    ['at a site nobody has', { sites: ['Bergen', 'Atlantis'] }, '/body/sites/1', 'Atlantis'],
    ['at no site at all', { sites: [] }, '/body/sites', ''],
    ['whose end is no time', { endsAt: 'tomorrow' }, '/body/endsAt', ''],
  ])('are refused by name: one %s', async (_, more, pointer, words) => {
    const before = await names();
    const [status, code, fault] = faultOf(await freeze(more));
    expect([status, code]).toEqual([400, 'validation_failed']);
    expect(fault).toMatchObject({ pointer, message: expect.stringContaining(words) });
    expect(await names()).toEqual(before);
  });

  it('are made and taken away by those who operate campaigns, and read by those who see them', async () => {
    const { id } = (await freeze()).json();
    const viewer = api.as('viewer');
    expect((await viewer.get('/freezes')).statusCode).toBe(200);
    expect((await viewer.delete(`/freezes/${id}`)).statusCode).toBe(403);
    expect((await manager().delete(`/freezes/${uuidv7()}`)).statusCode).toBe(404);
  });
});
