import { deviceStore } from '@muster/persistence/devices/device.store';
import { catalogueStore } from '@muster/persistence/telemetry/catalogue.store';
import { ingestStore } from '@muster/persistence/telemetry/ingest.store';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openHarness } from '../people.harness.js';
import { TelemetryModule } from './telemetry.module.js';

const HOUR = 3_600_000;
const noon = Math.floor(Date.now() / HOUR) * HOUR;
const at = (ms: number) => new Date(ms).toISOString();

let db: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;
let device: { id: string; deviceKey: number };
let metrics: Map<string, number>;

beforeAll(async () => {
  db = await testDatabase();
  api = await openHarness(db.database, new FakeClock(new Date(noon)), [TelemetryModule]);
  await api.app.listen(0, '127.0.0.1');
  const facts = { hardwareRevision: null, class: 'gateway', labels: {}, state: 'active' as const, site: null };
  device = await db.database.tenant(
    'acme',
    async (tx) => (await deviceStore.insert(tx, { ...facts, name: 'a', serial: 'a', model: 'm' }, new Date(noon)))!,
  );
  const rules = await db.database.system((tx) => catalogueStore.rules(tx, 'acme', ['power_w', 'watts']));
  metrics = new Map(rules.map(({ key, id }) => [key, id]));
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

const store = (producedAt: number, metric: string, value: number, correctedAt: Date | null = null) => {
  const time = { producedAt: new Date(producedAt), receivedAt: new Date(producedAt), correctedAt };
  const reading = { dtMs: [0], metric: [metrics.get(metric)!], value: [value], quality: null, extra: null };
  const about = {
    deviceKey: device.deviceKey,
    tenant: 'acme',
    seqNo: 1,
    kind: 2,
    placeId: null,
    schemaVersion: 1,
    flags: 0,
  };
  return db.database.system((tx) => ingestStore.insert(tx, [{ ...about, ...time, ...reading }]));
};
const exported = async (from: number, more = '') => {
  const query = `format=jsonl&from=${at(from)}&to=${at(from + HOUR)}&devices=${device.id}${more}`;
  const answer = await fetch(`${await api.app.getUrl()}/api/v1/telemetry/export?${query}`, {
    headers: { cookie: `muster_session=${api.tokens.owner}` },
  });
  return (await answer.text())
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
};

describe('exported readings', () => {
  test('of a clock that ran days ahead are found when its time has passed too', async () => {
    const long = noon - 60 * 24 * HOUR;
    await store(long + 10 * 24 * HOUR, 'power_w', 44, new Date(long));
    expect(await exported(long)).toMatchObject([{ time: at(long), value: 44, corrected: true }]);
  });

  test('of an alias are those under its own key and those of the metric it stands for', async () => {
    await store(noon - HOUR, 'watts', 1);
    await store(noon - HOUR + 1, 'power_w', 2);
    await api.as('owner').put('/metrics/watts', { aliasOf: 'power_w' });
    const lines = await exported(noon - HOUR, '&metrics=watts');
    expect(lines.map(({ metric, value }) => [metric, value])).toEqual([
      ['watts', 1],
      ['power_w', 2],
    ]);
  });
});
