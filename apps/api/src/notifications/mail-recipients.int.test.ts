import { audit } from '@muster/persistence/audit/audit.store';
import { SETTINGS } from '@muster/runtime/config/settings';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHarness } from '../people.harness.js';
import { NotificationsModule } from './notifications.module.js';

let test: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;

beforeAll(async () => {
  test = await testDatabase();
  const providers = [{ provide: SETTINGS, useValue: { smtpUrl: 'smtp://muster:geheim@mail.test' } }];
  api = await openHarness(test.database, new FakeClock(), [NotificationsModule], { providers });
});
afterAll(async () => {
  await api.close();
  await test.drop();
});

const admin = () => api.as('admin');

describe('mail recipients', () => {
  it('are added, listed without the server’s secret, and taken away, each in the audit log', async () => {
    const wanted = { address: 'anna@Acme.TEST', types: ['campaign.halted', 'campaign.halted', 'campaign.stalled'] };
    const made = await admin().post('/mail-recipients', wanted);
    expect(made.statusCode).toBe(201);
    expect(made.json()).toMatchObject({
      address: 'anna@acme.test',
      types: ['campaign.halted', 'campaign.stalled'],
      lastAt: null,
      lastError: null,
    });
    const listed = await admin().get('/mail-recipients');
    expect(listed.json()).toEqual({ configured: true, items: [made.json()] });
    expect(listed.body).not.toContain('geheim');
    const { id } = made.json();
    expect((await admin().delete(`/mail-recipients/${id}`)).statusCode).toBe(204);
    expect((await admin().delete(`/mail-recipients/${id}`)).json().code).toBe('not_found');
    expect((await admin().get('/mail-recipients')).json().items).toEqual([]);
    const actions = await test.database.tenant('acme', (tx) =>
      audit.list(tx, { limit: 10, resource: `mail_recipient:${id}` }),
    );
    expect(actions.map((entry) => entry.action)).toEqual(['mail_recipient.deleted', 'mail_recipient.created']);
  });

  it('are refused twice, malformed, without a type, and to who may not', async () => {
    const wanted = { address: 'ben@acme.test', types: ['campaign.halted'] };
    expect((await admin().post('/mail-recipients', wanted)).statusCode).toBe(201);
    expect((await admin().post('/mail-recipients', wanted)).json().code).toBe('already_exists');
    const faults = async (change: object) =>
      (await admin().post('/mail-recipients', { ...wanted, ...change })).json().errors?.[0]?.pointer;
    expect(await faults({ address: 'ben' })).toBe('/body/address');
    expect(await faults({ types: [] })).toBe('/body/types');
    expect(await faults({ address: 'a@b.test\r\nBcc: all@acme.test' })).toBe('/body/address');
    expect((await api.as('operator').post('/mail-recipients', wanted)).statusCode).toBe(403);
  });
});
