import { audit } from '@muster/persistence/audit/audit.store';
import { metricsChannel } from '@muster/persistence/telemetry/catalogue.store';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { admit, openHarness } from '../people.harness.js';
import { TelemetryModule } from './telemetry.module.js';

let db: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;

beforeAll(async () => {
  db = await testDatabase();
  api = await openHarness(db.database, new FakeClock(), [TelemetryModule]);
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

const put = (key: string, facts: object, headers = {}) => api.as('owner').put(`/metrics/${key}`, facts, headers);
const faults = (answer: { json(): { errors?: { pointer: string }[] } }) =>
  answer.json().errors?.map(({ pointer }) => pointer);

describe('a metric', () => {
  test('that is described is found, keeps what was not said, and has a new version', async () => {
    const first = await put('flow_kw', { title: 'Flow', high: 10 });
    expect(first.statusCode, first.body).toBe(200);
    expect(first.json()).toMatchObject({
      key: 'flow_kw',
      title: 'Flow',
      unit: 'kW',
      kind: 'gauge',
      low: null,
      high: 10,
    });
    const second = await put('flow_kw', { low: 0 }, { 'if-match': first.headers.etag });
    expect(second.json()).toMatchObject({ title: 'Flow', low: 0, high: 10, etag: '3' });
    const found = await api.as('viewer').get('/metrics/flow_kw');
    expect([found.json(), found.headers.etag]).toEqual([second.json(), '"3"']);
    expect((await api.as('viewer').get('/metrics')).json().items).toContainEqual(second.json());
  });

  test('takes from its key what is custom, until somebody says otherwise', async () => {
    expect((await put('energy_kwh', { title: 'Import' })).json()).toMatchObject({ unit: 'kWh', kind: 'counter' });
    expect((await put('energy_kwh', { kind: 'gauge', unit: null })).json()).toMatchObject({
      unit: null,
      kind: 'gauge',
    });
  });

  test('is changed by whoever has seen its newest version', async () => {
    await put('gated', { title: 'One' });
    const stale = await put('gated', { title: 'Two' }, { 'if-match': '"1"' });
    expect([stale.statusCode, stale.json().facts]).toEqual([412, { currentVersion: 2 }]);
    const absent = await put('never_heard', { title: 'Two' }, { 'if-match': '"1"' });
    expect(absent.statusCode).toBe(412);
    expect((await api.as('viewer').get('/metrics/never_heard')).statusCode).toBe(404);
  });

  test('is described by those who may, in their own tenant', async () => {
    const foreign = await admit(db.database, new FakeClock(), 'globex');
    expect((await api.as('viewer').put('/metrics/flow_kw', { title: 'x' })).statusCode).toBe(403);
    const stranger = api.with({ cookie: `muster_session=${foreign.owner}` });
    expect((await stranger.get('/metrics/flow_kw')).statusCode).toBe(404);
    expect((await stranger.put('/metrics/flow_kw', { title: 'Theirs' })).json().title).toBe('Theirs');
    expect((await api.as('viewer').get('/metrics/flow_kw')).json().title).toBe('Flow');
  });

  test('that is described anew is told to the ingest and to the audit log once, and not when nothing changes', async () => {
    const told: string[] = [];
    const stop = await db.database.listen(metricsChannel, (tenant) => void told.push(tenant));
    await put('told', { title: 'Told', personal: true });
    await put('told', { title: 'Told' });
    await put('told', { title: 'Told again' });
    await assertEventually(() => expect(told).toEqual(['acme', 'acme']));
    await stop();
    const entries = await db.database.tenant('acme', (tx) => audit.list(tx, { limit: 5, resource: 'metric:told' }));
    expect(entries.map(({ canonical }) => JSON.parse(canonical).after.title)).toEqual(['Told again', 'Told']);
  });
});

describe('what cannot be is refused with the field and the rule', () => {
  test.each([
    [{ low: 5, high: 5 }, '/body/low'],
    [{ wrapAt: 100 }, '/body/wrapAt'],
    [{ factor: 0 }, '/body/factor'],
    [{ aliasOf: 'odd' }, '/body/aliasOf'],
    [{ stuckAfterS: 0.5 }, '/body/stuckAfterS'],
    [{ untold: 1 }, '/body/untold'],
  ])('%o', async (facts, pointer) => {
    const answer = await put('odd', facts);
    expect([answer.statusCode, faults(answer)]).toEqual([400, [pointer]]);
  });

  test('and a refused description leaves no metric behind', async () => {
    expect((await put('refused', { factor: 0 })).statusCode).toBe(400);
    expect((await api.as('viewer').get('/metrics/refused')).statusCode).toBe(404);
  });
});

describe('an alias', () => {
  test('stands for a metric, which enters the catalogue with it', async () => {
    const alias = await put('pwr', { aliasOf: 'power_w', factor: 1000 });
    expect(alias.json()).toMatchObject({ aliasOf: 'power_w', factor: 1000 });
    expect((await api.as('viewer').get('/metrics/power_w')).json()).toMatchObject({ unit: 'W', aliasOf: null });
  });

  test('stands for no alias, and what others stand for becomes none', async () => {
    const chained = await put('third', { aliasOf: 'pwr' });
    expect([chained.statusCode, faults(chained)]).toEqual([400, ['/body/aliasOf']]);
    const turned = await put('power_w', { aliasOf: 'elsewhere' });
    expect([turned.statusCode, turned.json().facts]).toEqual([409, { aliases: ['pwr'] }]);
  });

  test('of two that are pointed at each other at once, one is refused', async () => {
    const answers = await Promise.all([put('left', { aliasOf: 'right' }), put('right', { aliasOf: 'left' })]);
    const codes = answers.map(({ statusCode }) => statusCode).sort();
    expect(codes[0]).toBe(200);
    expect(codes[1]).toBeGreaterThanOrEqual(400);
  });
});

test('every version of every uplink is listed with what its migration changes', async () => {
  const { items } = (await api.as('viewer').get('/payload-schemas')).json();
  expect(items).toContainEqual(expect.objectContaining({ channel: 'telemetry', state: 'current', migration: null }));
  for (const { state, migration, jsonSchema } of items) {
    expect(migration === null).toBe(state === 'current');
    expect(jsonSchema.type ?? jsonSchema.anyOf ?? jsonSchema.oneOf ?? jsonSchema.allOf).toBeDefined();
  }
});
