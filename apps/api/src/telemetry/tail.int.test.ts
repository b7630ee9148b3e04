import { deviceStore } from '@muster/persistence/devices/device.store';
import { catalogueStore } from '@muster/persistence/telemetry/catalogue.store';
import { ingestStore } from '@muster/persistence/telemetry/ingest.store';
import type { MessageRow } from '@muster/persistence/telemetry/message-row';
import { tailStore } from '@muster/persistence/telemetry/tail.store';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { admit, openHarness } from '../people.harness.js';
import { TelemetryModule } from './telemetry.module.js';

const HOUR = 3_600_000;
const now = Math.floor(Date.now() / 1000) * 1000;

let db: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;
let url: string;
let metrics: Map<string, number>;
let device: { id: string; deviceKey: number };
let seqNo = 0;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  db = await testDatabase();
  const clock = new FakeClock(new Date(now));
  api = await openHarness(db.database, clock, [TelemetryModule]);
  await api.app.listen(0, '127.0.0.1');
  url = await api.app.getUrl();
  const rules = await db.database.system((tx) => catalogueStore.rules(tx, 'acme', ['power_w', 'badge']));
  metrics = new Map(rules.map(({ key, id }) => [key, id]));
  await api.as('owner').put('/metrics/badge', { personal: true });
});
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

const fresh = async () => {
  const facts = { hardwareRevision: null, class: 'gateway', site: null, labels: {}, state: 'active' as const };
  const serial = `s-${++seqNo}`;
  device = (await db.database.tenant('acme', (tx) =>
    deviceStore.insert(tx, { ...facts, name: serial, serial, model: 'mg-1' }, new Date(now)),
  ))!;
};
const message = (value: number, more: Partial<MessageRow> = {}): MessageRow => ({
  deviceKey: device.deviceKey,
  tenant: 'acme',
  producedAt: new Date(now),
  seqNo: ++seqNo,
  kind: 2,
  placeId: null,
  receivedAt: new Date(now),
  schemaVersion: 1,
  correctedAt: null,
  flags: 0,
  dtMs: [0],
  metric: [metrics.get('power_w')!],
  value: [value],
  quality: null,
  extra: null,
  ...more,
});
/** As the ingest does, for a device it knows to be watched. */
const store = (rows: MessageRow[], tell = true) =>
  db.database.system(async (tx) => {
    await ingestStore.insert(tx, rows);
    if (tell) await tailStore.announce(tx, rows);
  });

const open = (role: 'owner' | 'viewer', headers: Record<string, string> = {}, id = device.id, signal?: AbortSignal) =>
  fetch(`${url}/api/v1/devices/${id}/telemetry/tail`, {
    headers: { cookie: `muster_session=${api.tokens[role]}`, ...headers },
    ...(signal && { signal }),
  });
/** Follows the tail; what has come so far, as events. */
const follow = async (role: 'owner' | 'viewer' = 'owner', headers: Record<string, string> = {}) => {
  const stop = new AbortController();
  const response = await open(role, headers, device.id, stop.signal);
  expect(response.status).toBe(200);
  let text = '';
  const reading = (async () => {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
  })().catch(() => {});
  const end = () => {
    stop.abort();
    return reading;
  };
  ends.push(end);
  const events = () =>
    [...text.matchAll(/^id: (.+)\nevent: (\w+)\ndata: (.+)$/gm)].map(([, id, type, data]) => ({
      id: id!,
      type,
      ...JSON.parse(data!),
    }));
  const values = () => events().flatMap(({ readings = [] }) => readings.map((one: { value: number }) => one.value));
  return { events, values, end };
};

describe('a live tail', () => {
  test('gives what is stored from now on, once each, whatever its time and however often it is told', async () => {
    await fresh();
    const before = message(1, { receivedAt: new Date(now - HOUR) });
    await store([before], false);
    const tail = await follow();
    const late = message(2, { producedAt: new Date(now - 3 * 24 * HOUR) });
    const wrong = message(3, { producedAt: new Date(0), correctedAt: new Date(now) });
    await store([late]);
    await assertEventually(() => expect(tail.values()).toEqual([2]));
    await store([wrong]);
    await db.database.system((tx) => tailStore.announce(tx, [before, late, wrong]));
    await store([message(4)]);
    await assertEventually(() => expect(tail.values()).toEqual([2, 3, 4]));
    expect(tail.events()[0]).toMatchObject({
      type: 'readings',
      place: null,
      receivedAt: new Date(now).toISOString(),
      readings: [{ metric: 'power_w', t: now - 3 * 24 * HOUR, value: 2, quality: 0 }],
    });
    expect(tail.events()[1].readings[0].t).toBe(now);
  });

  test('finds by itself what no process told of, and not again what is told later', async () => {
    await fresh();
    const tail = await follow();
    const untold = message(1);
    await store([untold], false);
    await assertEventually(() => expect(tail.values()).toEqual([1]));
    await db.database.system((tx) => tailStore.announce(tx, [untold]));
    await store([message(2)]);
    await assertEventually(() => expect(tail.values()).toEqual([1, 2]));
  });

  test('goes on where a reader left, and tells one that cannot go on to read afresh', async () => {
    await fresh();
    const first = await follow();
    await store([message(1)]);
    await assertEventually(() => expect(first.values()).toEqual([1]));
    await first.end();
    await store([message(2)]);
    await store([message(3)]);
    const again = await follow('owner', { 'last-event-id': first.events()[0].id });
    await assertEventually(() => expect(again.values()).toEqual([2, 3]));
    const stranger = await follow('owner', { 'last-event-id': 'another-life-7' });
    await assertEventually(() => expect(stranger.events()).toMatchObject([{ type: 'resync' }]));
    await store([message(4)]);
    await assertEventually(() => expect(stranger.values()).toEqual([4]));
  });

  test('hides values of personal metrics from whoever may not see them', async () => {
    await fresh();
    const [seeing, blind] = [await follow('owner'), await follow('viewer')];
    const badge = metrics.get('badge')!;
    await store([message(5, { metric: [badge], quality: [8] })]);
    await assertEventually(() => expect(seeing.events()).toMatchObject([{ readings: [{ value: 5, quality: 8 }] }]));
    await assertEventually(() => expect(blind.events()).toMatchObject([{ readings: [{ value: null, quality: 0 }] }]));
  });

  test('shows what could not be read as null, with the reason', async () => {
    await fresh();
    const tail = await follow();
    await store([message(Number.NaN, { quality: [1] })]);
    await assertEventually(() => expect(tail.events()).toMatchObject([{ readings: [{ value: null, quality: 1 }] }]));
  });

  test('asks the processes that ingest for word of its device, and of no other', async () => {
    await fresh();
    await follow();
    await assertEventually(async () => {
      const watched = await db.database.system((tx) => tailStore.watched(tx, new Date(now)));
      expect(watched).toContainEqual({ deviceKey: device.deviceKey, until: now + 90_000 });
    });
  });

  test('is refused for a device of another tenant, to the unpermitted, and to one who watches too much', async () => {
    await fresh();
    const foreign = await admit(db.database, new FakeClock(new Date(now)), 'globex');
    const answer = await open('owner', { cookie: `muster_session=${foreign.owner}` });
    expect(answer.status).toBe(404);
    expect((await open('owner', { cookie: '' })).status).toBe(401);
    for (let i = 0; i < 20; i++) await follow();
    const twentyFirst = await open('owner');
    expect([twentyFirst.status, twentyFirst.headers.get('retry-after')]).toEqual([429, '60']);
  });
});
