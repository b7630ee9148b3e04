import { gzipSync } from 'node:zlib';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { deadLetterStore } from '@muster/persistence/telemetry/dead-letter.store';
import { ingestStore } from '@muster/persistence/telemetry/ingest.store';
import { latestStore } from '@muster/persistence/telemetry/latest.store';
import { byKey, effectiveTime, type MessageRow } from '@muster/persistence/telemetry/message-row';
import { rollupStore } from '@muster/persistence/telemetry/rollup.store';
import { encodeCbor } from '@muster/telemetry/encode-cbor';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { admit, openHarness } from '../people.harness.js';
import { TelemetryModule } from './telemetry.module.js';

const MINUTE = 60_000;
const HOUR = 3_600_000;
/** Aligned to the widest bucket asked for. */
const noon = Math.floor(Date.now() / (3 * HOUR)) * 3 * HOUR;

let db: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;
let device: { id: string; deviceKey: number };
let metric: number;
let meter: number;
let seqNo = 0;

beforeAll(async () => {
  db = await testDatabase();
  const clock = new FakeClock(new Date(noon));
  api = await openHarness(db.database, clock, [TelemetryModule]);
  device = await db.database.tenant('acme', async (tx) => {
    const facts = { hardwareRevision: null, class: 'gateway', site: null, labels: {}, state: 'active' as const };
    return (await deviceStore.insert(tx, { ...facts, name: 'g', serial: '1', model: 'mg-1' }, clock.now()))!;
  });
  await db.database.system(async (tx) => {
    metric = [...(await ingestStore.metricIds(tx, [{ tenant: 'acme', key: 'power' }])).values()][0]!;
    const place = { tenant: 'acme', deviceKey: device.deviceKey, path: 'meter-1', asset: 'm1' };
    meter = [...(await ingestStore.placeIds(tx, [place])).values()][0]!;
  });
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

/** A message at `at` with values at offsets from it. */
const message = (
  at: number,
  readings: [dtMs: number, value: number][],
  more: Partial<MessageRow> = {},
): MessageRow => ({
  deviceKey: device.deviceKey,
  tenant: 'acme',
  producedAt: new Date(at),
  seqNo: ++seqNo,
  kind: 2,
  placeId: null,
  receivedAt: new Date(at),
  schemaVersion: 1,
  correctedAt: null,
  flags: 0,
  dtMs: readings.map(([dt]) => dt),
  metric: readings.map(() => metric),
  value: readings.map(([, value]) => value),
  extra: null,
  quality: null,
  ...more,
});
/** As the worker does, with all of it at once. */
const store = (...rows: MessageRow[]) =>
  db.database.system(async (tx) => {
    await ingestStore.insert(tx, rows.sort(byKey));
    const readings = rows.flatMap((row) =>
      row.value.map((value, i) => ({ row, value, at: effectiveTime(row, row.dtMs[i]!) })),
    );
    const hours = new Set(readings.map(({ at }) => Math.floor(at / HOUR) * HOUR));
    await rollupStore.mark(
      tx,
      [...hours].map((bucket) => ({ deviceKey: device.deviceKey, bucket })),
    );
    for (const { row, value, at } of readings)
      await latestStore.keep(tx, [
        { deviceKey: row.deviceKey, placeId: row.placeId ?? 0, metric, tenant: row.tenant, at, value },
      ]);
  });

const series = async (from: number, to: number, more = '') => {
  const range = `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`;
  const answer = await api.as('viewer').get(`/devices/${device.id}/telemetry?metrics=power&${range}${more}`);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json().series;
};

describe('a series', () => {
  test('keeps extremes in its buckets, leaves gaps out, and reads at offsets within a message', async () => {
    const start = noon - 2 * HOUR;
    await store(
      message(start + MINUTE, [
        [-30_000, 5],
        [0, 100],
      ]),
      message(start + 10 * MINUTE, [[0, 7]]),
    );
    const [one] = await series(start, start + HOUR, '&width=60');
    expect(one).toMatchObject({ metric: 'power', place: null, resolution: 'minute', bucketMs: MINUTE });
    expect(one.t).toEqual([start, start + MINUTE, start + 10 * MINUTE]);
    expect([one.min, one.max, one.n]).toEqual([
      [5, 100, 7],
      [5, 100, 7],
      [1, 1, 1],
    ]);
    const [wide] = await series(start, start + HOUR, '&width=12');
    expect(wide).toMatchObject({ bucketMs: 5 * MINUTE, min: [5, null, 7], max: [100, null, 7], avg: [52.5, null, 7] });
    expect(wide.t).toEqual([start, start + 5 * MINUTE, start + 10 * MINUTE]);
  });

  test('is kept apart by place', async () => {
    const start = noon - 4 * HOUR;
    await store(message(start, [[0, 1]]), message(start + 1, [[0, 2]], { placeId: meter }));
    const both = await series(start, start + HOUR);
    expect(both.map((one: { place: string | null }) => one.place)).toEqual([null, 'meter-1']);
    const metered = await series(start, start + HOUR, '&place=meter-1');
    expect(metered).toHaveLength(1);
    expect(metered[0].last).toEqual([2]);
    expect(await series(start, start + HOUR, '&place=nowhere')).toEqual([]);
  });

  test('shows messages of a device with a wrong clock at their corrected time', async () => {
    const start = noon - 6 * HOUR;
    await store(
      message(Date.UTC(2019, 0, 1), [[0, 21]], { correctedAt: new Date(start), flags: 9 }),
      message(noon + 400 * 24 * HOUR, [[0, 22]], { correctedAt: new Date(start + MINUTE), flags: 10 }),
    );
    const [one] = await series(start, start + HOUR, '&width=60');
    expect([one.t, one.last]).toEqual([
      [start, start + MINUTE],
      [21, 22],
    ]);
  });

  test('by the hour is right before, between and after rollups', async () => {
    const start = noon - 60 * 24 * HOUR;
    await db.database.system((tx) =>
      tx.execute(
        `insert into telemetry_hourly (device_key, metric, bucket, n, sum, min, max, first, first_at, last, last_at)
         select $1, $2, $3::timestamptz + h * interval '1 hour', 2, 10, 1, 9,
           1, $3::timestamptz + h * interval '1 hour', 9, $3::timestamptz + h * interval '1 hour'
         from generate_series(0, 5) h`,
        [device.deviceKey, metric, new Date(start)],
      ),
    );
    await store(message(start + 2 * HOUR, [[0, 50]]));
    const [one] = await series(start, start + 60 * 24 * HOUR, '&width=480');
    expect(one.resolution).toBe('hour');
    // Three hours a bucket: the third hour changed after its rollup.
    expect([one.bucketMs, one.max.slice(0, 2), one.n.slice(0, 2)]).toEqual([3 * HOUR, [50, 9], [5, 6]]);
  });

  test('is refused over a range that runs backwards', async () => {
    const range = `from=${new Date(noon).toISOString()}&to=${new Date(noon - 1).toISOString()}`;
    const answer = await api.as('viewer').get(`/devices/${device.id}/telemetry?metrics=power&${range}`);
    expect(answer.json()).toMatchObject({ code: 'validation_failed', errors: [{ pointer: '/query/to' }] });
  });

  test('of another tenant is not there', async () => {
    const tokens = await admit(db.database, new FakeClock(new Date(noon)), 'globex');
    const stranger = api.with({ cookie: `muster_session=${tokens.owner}` });
    const range = `from=${new Date(noon - HOUR).toISOString()}&to=${new Date(noon).toISOString()}`;
    const answer = await stranger.get(`/devices/${device.id}/telemetry?metrics=power&${range}`);
    expect(answer.json()).toMatchObject({ code: 'not_found', status: 404 });
    expect((await stranger.get(`/devices/${device.id}/telemetry/latest`)).statusCode).toBe(404);
  });
});

test('the newest value of each metric and place is listed', async () => {
  await store(message(noon - 5, [[0, 77]]), message(noon - 4, [[0, 78]], { placeId: meter }));
  const { items } = (await api.as('viewer').get(`/devices/${device.id}/telemetry/latest`)).json();
  expect(items).toContainEqual(expect.objectContaining({ metric: 'power', place: null, value: 77 }));
  expect(items).toContainEqual(expect.objectContaining({ place: 'meter-1', asset: 'm1', value: 78 }));
});

describe('a dead letter', () => {
  const bury = (tenant: string, payload: Buffer = Buffer.from('{nope\0')) =>
    db.database.system(async (tx) => {
      const receivedAt = new Date(noon);
      const why = { reason: 'payload_malformed', detail: 'not JSON', tenant, deviceId: null, receivedAt };
      await deadLetterStore.insert(tx, [{ ...why, topic: 'muster/v1/x', payload }]);
      const [row] = await deadLetterStore.list(tx, { limit: 1 });
      return row!.id;
    });

  test('is listed with its bytes as text, and replayed once with the edited body', async () => {
    const id = await bury('acme');
    const { items } = (await api.as('operator').get('/dead-letters?state=open')).json();
    expect(items[0]).toMatchObject({ id, reason: 'payload_malformed', body: '{nope\0', bodyBytes: 6 });
    const replayed = await api.as('operator').post(`/dead-letters/${id}/replay`, { body: '{}' });
    expect(replayed.json()).toMatchObject({ state: 'replayed', resolvedBy: 'operator', body: '{}' });
    const again = await api.as('operator').post(`/dead-letters/${id}/drop`);
    expect(again.json()).toMatchObject({ code: 'conflict', facts: { state: 'replayed' } });
    const placed = await db.database.system((tx) => outbox.place(tx, 10));
    expect(placed).toContainEqual(expect.objectContaining({ type: 'dead_letter.replay_requested', key: id }));
  });

  test.each([
    ['cbor', encodeCbor({ seqNo: 7, readings: [{ values: { t: 20.5 } }] })],
    ['gzip', gzipSync('{"seqNo":7,"readings":[{"values":{"t":20.5}}]}')],
  ])('in %s says what is in it, and takes the edit as JSON', async (encoding, payload) => {
    const id = await bury('acme', payload);
    const { items } = (await api.as('operator').get('/dead-letters?state=open')).json();
    expect(items[0]).toMatchObject({ id, encoding, bodyBytes: payload.length, bodyHex: null });
    const decoded = { seqNo: 7, readings: [{ values: { t: 20.5 } }] };
    expect(items[0].decoded).toBe(JSON.stringify(decoded, null, 2));
    const body = items[0].decoded.replace('"t"', '"temperature"');
    const replayed = (await api.as('operator').post(`/dead-letters/${id}/replay`, { body })).json();
    expect(replayed).toMatchObject({ state: 'replayed', encoding: 'json', body, decoded: body });
  });

  test('that nobody can read is shown as its first bytes', async () => {
    const payload = Buffer.alloc(600, 0xff);
    const id = await bury('acme', payload);
    const { items } = (await api.as('operator').get('/dead-letters?state=open')).json();
    const bodyHex = 'ff'.repeat(512);
    expect(items[0]).toMatchObject({ id, encoding: 'unknown', decoded: null, bodyHex, bodyBytes: 600 });
  });

  test('and all of a reason or a device are replayed or dropped together, of this tenant alone', async () => {
    const reason = 'schema_version_unknown';
    const deviceId = '01980000-0000-7000-8000-00000000abcd';
    const letter = { receivedAt: new Date(noon), detail: '', topic: 'x', payload: Buffer.from('{}') };
    await db.database.system((tx) =>
      deadLetterStore.insert(tx, [
        ...Array.from({ length: 600 }, () => ({ ...letter, reason, tenant: 'acme', deviceId: null })),
        { ...letter, reason: 'payload_invalid', tenant: 'acme', deviceId },
        { ...letter, reason, tenant: 'umbrella', deviceId: null },
      ]),
    );
    const operator = api.as('operator');
    expect((await operator.post('/dead-letters/drop', {})).json().code).toBe('validation_failed');
    expect((await operator.post('/dead-letters/replay', { reason })).json()).toEqual({ count: 600, more: false });
    expect((await operator.post('/dead-letters/drop', { deviceId })).json()).toEqual({ count: 1, more: false });
    expect((await operator.post('/dead-letters/replay', { reason })).json()).toEqual({ count: 0, more: false });
    const letters = await db.database.system((tx) =>
      tx.query<{ ids: number }>(
        `select jsonb_array_length(payload->'deadLetterIds') as ids from outbox where type = 'dead_letter.replays_requested'`,
      ),
    );
    expect(letters.map(({ ids }) => ids).sort()).toEqual([100, 500]);
    const open = await db.database.system((tx) => deadLetterStore.list(tx, { state: 'open', reason, limit: 10 }));
    expect(open.map(({ tenant }) => tenant)).toEqual(['umbrella']);
    expect((await api.as('viewer').post('/dead-letters/drop', { reason })).statusCode).toBe(403);
  });

  test('of another tenant is not there, and viewers see none', async () => {
    await admit(db.database, new FakeClock(new Date(noon)), 'initech');
    const id = await bury('initech');
    expect((await api.as('owner').post(`/dead-letters/${id}/drop`)).statusCode).toBe(404);
    expect((await api.as('viewer').get('/dead-letters')).statusCode).toBe(403);
  });
});
