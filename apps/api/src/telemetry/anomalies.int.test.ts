import { anomalyStore } from '@muster/persistence/telemetry/anomaly.store';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { admit, openHarness } from '../people.harness.js';
import { TelemetryModule } from './telemetry.module.js';

let db: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;
let own: { id: string; key: number };
let other: { id: string; key: number };
let foreign: { id: string; key: number };
let heart: number;

beforeAll(async () => {
  db = await testDatabase();
  const clock = new FakeClock();
  api = await openHarness(db.database, clock, [TelemetryModule]);
  await admit(db.database, clock, 'globex');
  [own, other, foreign] = [await device('acme', 'one'), await device('acme', 'two'), await device('globex', 'three')];
  const warm = await metric('temperature_c', false);
  heart = await metric('heart_rate', true);
  await found(own, { metric: warm, kind: 'stuck' });
  await found(own, { metric: warm, kind: 'anomaly', closedAt: Date.parse('2026-11-20T12:00:00Z') });
  await found(own, { metric: heart, kind: 'spike', observed: 191, sentence: 'heart_rate read 191' });
  await found(other, { metric: 0, kind: 'flood' });
  await found(foreign, { metric: 0, kind: 'flood' }, 'globex');
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

const device = (tenant: string, name: string) =>
  db.database.system(async (tx) => {
    const id = uuidv7();
    await tx.query(`insert into device_classes (tenant_id, name) values ($1, 'meter') on conflict do nothing`, [
      tenant,
    ]);
    const [row] = await tx.query<{ key: number }>(
      `insert into devices (tenant_id, id, name, serial, model, class, state) values ($1, $2, $3, $3, 'm', 'meter', 'active')
       returning device_key as key`,
      [tenant, id, name],
    );
    return { id, key: row!.key };
  });
const metric = (key: string, personal: boolean) =>
  db.database.system(async (tx) => {
    const [row] = await tx.query<{ id: number }>(
      `insert into metrics (tenant_id, key, personal) values ('acme', $1, $2) returning id`,
      [key, personal],
    );
    return row!.id;
  });
const found = (
  { key }: { key: number },
  facts: Partial<Parameters<typeof anomalyStore.record>[1][number]>,
  tenant = 'acme',
) =>
  db.database.system((tx) =>
    anomalyStore.record(tx, [
      {
        id: null,
        tenant,
        deviceKey: key,
        placeId: 0,
        metric: 0,
        kind: 'flood',
        since: Date.parse('2026-11-20T08:00:00Z'),
        lastSeenAt: Date.parse('2026-11-20T09:00:00Z'),
        closedAt: null,
        score: null,
        observed: null,
        expected: null,
        sentence: 'something is odd',
        ...facts,
      },
    ]),
  );

const kinds = async (query: string, who: 'owner' | 'viewer' = 'owner') => {
  const answer = await api.as(who).get(`/anomalies${query}`);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json().items.map(({ kind }: { kind: string }) => kind);
};

describe('anomalies', () => {
  test('are listed newest first, of the own tenant alone, with whom they suspect', async () => {
    const { items } = (await api.as('viewer').get('/anomalies')).json();
    expect(items.map(({ kind, suspect }: { kind: string; suspect: string }) => [kind, suspect])).toEqual([
      ['flood', 'device'],
      ['spike', 'sensor'],
      ['anomaly', 'asset'],
      ['stuck', 'sensor'],
    ]);
    expect(items[3]).toMatchObject({
      deviceId: own.id,
      deviceName: 'one',
      metric: 'temperature_c',
      place: null,
      state: 'open',
      since: '2026-11-20T08:00:00.000Z',
      sentence: 'something is odd',
    });
    expect(await kinds(`?deviceId=${foreign.id}`)).toEqual([]);
  });

  test('are filtered by device, kind and state, and paged without gap or repetition', async () => {
    expect(await kinds(`?deviceId=${other.id}`)).toEqual(['flood']);
    expect(await kinds('?kind=spike')).toEqual(['spike']);
    expect(await kinds('?state=closed')).toEqual(['anomaly']);
    const first = (await api.as('owner').get('/anomalies?state=open&pageSize=2')).json();
    const second = (
      await api.as('owner').get(`/anomalies?state=open&pageSize=2&pageToken=${first.nextPageToken}`)
    ).json();
    const all = [...first.items, ...second.items].map(({ kind }: { kind: string }) => kind);
    expect([all, second.nextPageToken]).toEqual([['flood', 'spike', 'stuck'], null]);
    expect((await api.as('owner').get('/anomalies?kind=odd')).statusCode).toBe(400);
  });

  test('of personal metrics show no values to those who may not see them', async () => {
    const shown = (await api.as('owner').get('/anomalies?kind=spike')).json().items[0];
    expect(shown).toMatchObject({ observed: 191, sentence: 'heart_rate read 191' });
    const masked = (await api.as('viewer').get('/anomalies?kind=spike')).json().items[0];
    expect(masked).toMatchObject({ observed: null, expected: null, score: null });
    expect(masked.sentence).toBe('heart_rate at one had readings far outside; its values are personal');
  });
});
