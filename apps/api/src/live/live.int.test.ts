import { outbox } from '@muster/persistence/outbox/outbox.store';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { admit, openHarness } from '../people.harness.js';
import { LiveModule } from './live.module.js';

let db: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;
let url: string;

beforeAll(async () => {
  db = await testDatabase();
  api = await openHarness(db.database, new FakeClock(), [LiveModule]);
  await admit(db.database, new FakeClock(), 'globex');
  await api.app.listen(0, '127.0.0.1');
  url = await api.app.getUrl();
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

/** Commits letters and relays them, as the worker does. */
const say = async (type: string, payload: object, tenantId = 'acme') => {
  await db.database.system((tx) => outbox.drop(tx, { tenantId, type, key: 'k', payload }));
  return db.database.system(async (tx) => {
    const placed = (await outbox.place(tx, 100)) ?? [];
    const position = placed.at(-1)!.position;
    await outbox.announce(tx, position);
    return position;
  });
};

/** Reads a stream until it is stopped; `text()` is what has come so far. */
const follow = async (role: 'owner' | 'approver' | 'viewer', headers: Record<string, string> = {}) => {
  const stop = new AbortController();
  const cookie = `muster_session=${api.tokens[role]}`;
  const response = await fetch(`${url}/api/v1/live`, { headers: { cookie, ...headers }, signal: stop.signal });
  let text = '';
  const reading = (async () => {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
  })().catch(() => {});
  const end = () => {
    stop.abort();
    return reading;
  };
  return { response, text: () => text, stop: end };
};

test('what is committed arrives as an event whose id is its position, and only to its tenant', async () => {
  const stream = await follow('viewer');
  expect(stream.response.headers.get('content-type')).toContain('text/event-stream');
  await say('device.online', { deviceId: 'd-foreign' }, 'globex');
  const position = await say('device.online', { deviceId: 'd-1' });
  await assertEventually(() => {
    expect(stream.text()).toContain(`id: ${position}\nevent: device.online\ndata: {"deviceId":"d-1"}\n\n`);
  });
  expect(stream.text()).not.toContain('d-foreign');
  await stream.stop();
});

test('a reader that comes back with Last-Event-ID gets what it missed, once and in order', async () => {
  const first = await say('device.online', { deviceId: 'seen' });
  const second = await say('device.offline', { deviceId: 'missed-1' });
  const third = await say('device.online', { deviceId: 'missed-2' });
  const stream = await follow('viewer', { 'last-event-id': String(first) });
  await assertEventually(() => expect(stream.text()).toContain('missed-2'));
  const ids = [...stream.text().matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
  expect(ids).toEqual([second, third]);
  await stream.stop();
});

test('a reader that knows a position nobody gave is told to read afresh', async () => {
  const position = await say('device.online', { deviceId: 'last' });
  const stream = await follow('viewer', { 'last-event-id': String(position + 1_000) });
  await assertEventually(() => expect(stream.text()).toContain(`event: resync\nid: ${position}\ndata: {}\n\n`));
  await stream.stop();
});

test('letters a principal may not see stay away', async () => {
  const stream = await follow('approver');
  await say('dead_letter.replay_requested', { deadLetterId: 'secret' });
  await say('device.online', { deviceId: 'after' });
  await assertEventually(() => expect(stream.text()).toContain('after'));
  expect(stream.text()).not.toContain('secret');
  await stream.stop();
});

test('a reader whose letters are no longer kept is told to read afresh', async () => {
  const old = await say('device.online', { deviceId: 'old' });
  await say('device.online', { deviceId: 'older' });
  await db.database.system((tx) => outbox.forget(tx, new Date(Date.now() + 60_000)));
  await say('device.online', { deviceId: 'kept' });
  const restarted = await openHarness(db.database, new FakeClock(), [LiveModule], { tenantId: 'initech' });
  await restarted.app.listen(0, '127.0.0.1');
  const cookie = `muster_session=${api.tokens.viewer}`;
  const stop = new AbortController();
  const headers = { cookie, 'last-event-id': String(old) };
  const response = await fetch(`${await restarted.app.getUrl()}/api/v1/live`, { headers, signal: stop.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('resync')) text += (await reader.read()).value ?? '';
  expect(text).toMatch(/event: resync\nid: \d+\ndata: \{\}/);
  stop.abort();
  await restarted.close();
});

test('nobody may listen without signing in', async () => {
  const answer = await fetch(`${url}/api/v1/live`);
  expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([401, 'unauthenticated']);
});
