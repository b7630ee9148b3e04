import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DevicesModule } from '../devices/devices.module.js';
import { openHarness } from '../people.harness.js';
import { CommandsModule } from './commands.module.js';

let db: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;
let serial = 0;
const clock = new FakeClock('2026-11-21T06:00:00.000Z');

beforeAll(async () => {
  db = await testDatabase();
  api = await openHarness(db.database, clock, [DevicesModule, CommandsModule]);
});
afterAll(async () => {
  await api.close();
  await db.drop();
});

const device = async (state = 'active'): Promise<string> => {
  const answer = await api.as('admin').post('/devices', { serial: `S${++serial}`, model: 'edge-1' });
  const { id } = answer.json();
  await db.database.tenant('acme', (tx) => tx.query('update devices set state = $2 where id = $1', [id, state]));
  return id;
};

describe('commands', () => {
  it('are queued with a number of their own, even when many are sent at once', async () => {
    const id = await device();
    const sent = await Promise.all(
      Array.from({ length: 8 }, () => api.as('operator').post(`/devices/${id}/commands`, { name: 'ping' })),
    );
    expect(sent.map((answer) => answer.statusCode)).toEqual(Array(8).fill(201));
    expect(sent.map((answer) => answer.json().seq).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(sent[0]!.json()).toMatchObject({
      state: 'queued',
      timeoutS: 30,
      expiresAt: '2026-11-21T06:05:00.000Z',
      createdBy: 'operator',
    });
    const list = (await api.as('viewer').get(`/devices/${id}/commands?pageSize=5`)).json();
    expect(list.items).toHaveLength(5);
    const rest = (
      await api.as('viewer').get(`/devices/${id}/commands?pageSize=5&pageToken=${list.nextPageToken}`)
    ).json();
    expect(rest.items).toHaveLength(3);
  });

  it('refuse arguments outside their schema, naming the place', async () => {
    const id = await device();
    const answer = await api.as('operator').post(`/devices/${id}/commands`, { name: 'reboot', args: { delayS: -1 } });
    expect(answer.json()).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/body/args/delayS' }] });
    const unknown = await api.as('operator').post(`/devices/${id}/commands`, { name: 'format_disk' });
    expect(unknown.statusCode).toBe(400);
  });

  it('do not reach a device that is cut off', async () => {
    const id = await device('quarantined');
    const answer = await api.as('operator').post(`/devices/${id}/commands`, { name: 'ping' });
    expect(answer.json()).toMatchObject({ code: 'device_tombstoned', facts: { state: 'quarantined' } });
  });

  it('are withdrawn at once while queued, and not twice', async () => {
    const id = await device();
    const { id: commandId } = (await api.as('operator').post(`/devices/${id}/commands`, { name: 'ping' })).json();
    const cancelled = await api.as('operator').post(`/commands/${commandId}/cancel`);
    expect(cancelled.json()).toMatchObject({ state: 'cancelled', reasonCode: 'cancelled_by_person' });
    expect((await api.as('operator').post(`/commands/${commandId}/cancel`)).json()).toMatchObject({
      code: 'command_not_cancellable',
      facts: { state: 'cancelled' },
    });
  });

  it('ask the device to stop once they were sent', async () => {
    const id = await device();
    const { id: commandId } = (await api.as('operator').post(`/devices/${id}/commands`, { name: 'ping' })).json();
    await db.database.tenant('acme', (tx) => tx.query(`update commands set state = 'sent' where id = $1`, [commandId]));
    expect((await api.as('operator').post(`/commands/${commandId}/cancel`)).json()).toMatchObject({
      state: 'cancelling',
      finishedAt: null,
    });
  });

  it('need the permission to send', async () => {
    const id = await device();
    expect((await api.as('viewer').post(`/devices/${id}/commands`, { name: 'ping' })).statusCode).toBe(403);
  });
});
