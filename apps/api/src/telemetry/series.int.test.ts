import { qualityFlags } from '@muster/contracts/telemetry/telemetry.schema';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { ingestStore } from '@muster/persistence/telemetry/ingest.store';
import { byKey, effectiveTime, type MessageRow } from '@muster/persistence/telemetry/message-row';
import { rollupStore } from '@muster/persistence/telemetry/rollup.store';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { admit, openHarness } from '../people.harness.js';
import { TelemetryModule } from './telemetry.module.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Monday. */
const MONDAY = Date.parse('2026-11-02T00:00:00.000Z');
const clock = new FakeClock(new Date(MONDAY + 30 * DAY));

let db: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;
let metrics: Record<string, number>;
let device: { id: string; deviceKey: number };
let serial = 0;

const newDevice = (over: { site?: string; labels?: Record<string, string> } = {}) =>
  db.database.tenant('acme', async (tx) => {
    const facts = { hardwareRevision: null, class: 'gateway', state: 'active' as const };
    const where = { site: null, labels: {}, ...over };
    const name = `g${++serial}`;
    return (await deviceStore.insert(tx, { ...facts, ...where, name, serial: name, model: 'mg-1' }, clock.now()))!;
  });

beforeAll(async () => {
  db = await testDatabase();
  api = await openHarness(db.database, clock, [TelemetryModule]);
  await db.database.system(async (tx) => {
    await tx.query(`insert into sites (tenant_id, name) values ('acme', 'Pier') on conflict do nothing`);
    await tx.query(
      `insert into metrics (tenant_id, key, title, unit, kind, wrap_at, personal) values
         ('acme', 'power', 'Power', 'W', 'gauge', null, false), ('acme', 'energy', null, 'Wh', 'counter', 1000, false),
         ('acme', 'heart', null, null, 'gauge', null, true)`,
    );
    await tx.query(
      `insert into metrics (tenant_id, key, alias_of) select 'acme', 'p', id from metrics where key = 'power' and tenant_id = 'acme'`,
    );
    const rows = await tx.query<{ key: string; id: number }>(`select key, id from metrics where tenant_id = 'acme'`);
    metrics = Object.fromEntries(rows.map(({ key, id }) => [key, id]));
  });
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});
beforeEach(async () => {
  device = await newDevice();
});

type Reading = readonly [at: number, value: number, quality?: number];

/** One message of readings of one metric, with its marks, as the ingest stores it. */
const store = async (metric: string, readings: readonly Reading[], of = device.deviceKey) => {
  const rows = readings.map(
    ([at, value, quality = 0]): MessageRow => ({
      deviceKey: of,
      tenant: 'acme',
      producedAt: new Date(at),
      seqNo: ++serial,
      kind: 2,
      placeId: null,
      receivedAt: new Date(at),
      schemaVersion: 1,
      correctedAt: null,
      flags: 0,
      dtMs: [0],
      metric: [metrics[metric]!],
      value: [value],
      quality: quality === 0 ? null : [quality],
      extra: null,
    }),
  );
  await db.database.system(async (tx) => {
    await ingestStore.insert(tx, rows.sort(byKey));
    const hours = new Set(rows.map((row) => Math.floor(effectiveTime(row, 0) / HOUR) * HOUR));
    await rollupStore.mark(
      tx,
      [...hours].map((bucket) => ({ deviceKey: of, bucket })),
    );
  });
};
const rollUpHours = (until: number) => db.database.system((tx) => rollupStore.rollUp(tx, new Date(until), 5000));
const rollUpDays = (until: number) => db.database.system((tx) => rollupStore.rollUpDays(tx, new Date(until), 5000));

const ask = async (metric: string, from: number, to: number, more = '', role: 'viewer' | 'owner' = 'viewer') => {
  const range = `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`;
  const answer = await api.as(role).get(`/devices/${device.id}/telemetry?metrics=${metric}&${range}${more}`);
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json().series;
};
const one = async (...args: Parameters<typeof ask>) => (await ask(...args))[0];

describe('a resolution', () => {
  const widths = { minute: 3_000, hour: 300, day: 14, week: 10 };
  const questions = [
    ['minute', MONDAY, MONDAY + 2 * DAY],
    ['hour', MONDAY, MONDAY + 12 * DAY],
    ['day', MONDAY, MONDAY + 14 * DAY],
    ['week', MONDAY - 28 * DAY, MONDAY + 42 * DAY],
  ] as const;
  const all = async () =>
    Promise.all(
      questions.map(async ([resolution, from, to]) => {
        const series = await one('energy', from, to, `&width=${widths[resolution]}`);
        expect(series.resolution).toBe(resolution);
        return series;
      }),
    );

  test('says the same before, between and after its rollups, and what comes late counts at once', async () => {
    // Every 40 minutes for ten days, up by three each time, wrapping at 1000.
    await store(
      'energy',
      Array.from({ length: 360 }, (_, i) => [MONDAY + i * 40 * MINUTE, (3 * i) % 1000] as const).filter(
        (_, i) => i !== 200,
      ),
    );
    await rollUpHours(MONDAY + 4 * DAY);
    const early = await all();
    await rollUpDays(MONDAY + 4 * DAY);
    expect(await all()).toEqual(early);
    await rollUpHours(MONDAY + 30 * DAY);
    await rollUpDays(MONDAY + 30 * DAY);
    const rolled = await all();
    expect(rolled).toEqual(early);

    await store('energy', [[MONDAY + 200 * 40 * MINUTE, 600]]);
    // How far the counter went to the reading after the late one is corrected with the rollup.
    const withoutDelta = (list: object[]) => list.map((series) => ({ ...series, delta: null }));
    const atOnce = await all();
    await rollUpHours(MONDAY + 30 * DAY);
    const late = await all();
    expect(withoutDelta(atOnce)).toEqual(withoutDelta(late));
    await rollUpDays(MONDAY + 30 * DAY);
    expect(await all()).toEqual(late);

    const [, hours, days, weeks] = late;
    const total = (list: (number | null)[]) => list.reduce<number>((sum, value) => sum + (value ?? 0), 0);
    for (const series of [hours, days, weeks]) {
      expect(total(series.n)).toBe(360);
      expect(total(series.delta)).toBe(3 * 359);
    }
    expect(weeks.t.map((t: number) => new Date(t).getUTCDay())).toEqual([1, 1]);
    expect(weeks.bucketMs).toBe(7 * DAY);
    expect(total(rolled[2].n)).toBe(359);
  });
});

describe('a counter', () => {
  test('goes on over buckets, wraps and is reset', async () => {
    await store('energy', [
      [MONDAY - 30 * MINUTE, 940],
      [MONDAY + 1 * MINUTE, 950],
      [MONDAY + 2 * MINUTE, 10],
      [MONDAY + 3 * MINUTE, 500],
      [MONDAY + 4 * MINUTE, 7],
    ]);
    const minutes = await one('energy', MONDAY, MONDAY + HOUR, '&width=60');
    expect(minutes).toMatchObject({ kind: 'counter', delta: [10, 60, 490, 7], last: [950, 10, 500, 7] });
    expect((await one('energy', MONDAY, MONDAY + 2 * DAY, '&width=48')).delta).toEqual([567]);
  });

  test('that was silent goes on from its rollup', async () => {
    await store('energy', [[MONDAY - 5 * DAY, 100]]);
    await rollUpHours(MONDAY);
    await store('energy', [[MONDAY + MINUTE, 130]]);
    expect((await one('energy', MONDAY, MONDAY + HOUR, '&width=60')).delta).toEqual([30]);
  });
});

describe('a gap', () => {
  test('is an empty bucket, and nothing stands before the first or after the last', async () => {
    const minutes = [5, 6, 7, 8, 20, 21];
    await store(
      'power',
      minutes.map((minute) => [MONDAY + minute * MINUTE, minute] as const),
    );
    const series = await one('power', MONDAY, MONDAY + HOUR, '&width=60');
    expect(series).toMatchObject({ gapMs: 3 * MINUTE, n: [1, 1, 1, 1, 0, 1, 1], last: [5, 6, 7, 8, null, 20, 21] });
    expect(series.t[4]).toBe(MONDAY + 9 * MINUTE);
  });
});

describe('a reading that may not be used', () => {
  test('is left out of all values and shows as a flag', async () => {
    const { outOfRange, missing, stuck } = qualityFlags;
    await store('power', [
      [MONDAY, 5],
      [MONDAY + 1, 9999, outOfRange],
      [MONDAY + MINUTE, Number.NaN, missing],
      [MONDAY + 2 * MINUTE, 7, stuck],
    ]);
    const flags = [outOfRange, missing, stuck];
    const minutes = await one('power', MONDAY, MONDAY + HOUR, '&width=60');
    expect(minutes).toMatchObject({ n: [1, 0, 1], max: [5, null, 7], avg: [5, null, 7], flags });
    await rollUpHours(MONDAY + DAY);
    const hours = await one('power', MONDAY, MONDAY + 2 * DAY, '&width=48');
    expect(hours).toMatchObject({ n: [2], max: [7], flags: [outOfRange | missing | stuck] });
    const points = await one('power', MONDAY, MONDAY + HOUR, '&width=60&downsample=lttb');
    expect(points).toMatchObject({ n: [1, 1], last: [5, 7], flags: [0, outOfRange | missing | stuck] });
  });

  test('shows as a flag also where it is the newest and single readings are drawn', async () => {
    const { outOfRange } = qualityFlags;
    await store('power', [
      [MONDAY, 5],
      [MONDAY + MINUTE, 9999, outOfRange],
    ]);
    const points = await one('power', MONDAY, MONDAY + HOUR, '&width=60&downsample=lttb');
    expect(points).toMatchObject({ t: [MONDAY, MONDAY + MINUTE], n: [1, 0], last: [5, null], flags: [0, outOfRange] });
  });
});

describe('the largest triangle', () => {
  test('keeps readings as they were sent, among them a lone spike and what the counter went', async () => {
    const at = (i: number) => MONDAY + i * 7_000 + 13;
    await store(
      'power',
      Array.from({ length: 500 }, (_, i) => [at(i), i === 321 ? 400 : 20] as const),
    );
    await store(
      'energy',
      Array.from({ length: 500 }, (_, i) => [at(i), i] as const),
    );
    const series = await one('power', MONDAY, MONDAY + HOUR, '&width=40&downsample=lttb');
    expect(series).toMatchObject({ resolution: 'raw', bucketMs: 1 });
    expect(series.t).toHaveLength(40);
    expect([series.t[0], series.t.at(-1)]).toEqual([at(0), at(499)]);
    expect(series.max[series.t.indexOf(at(321))]).toBe(400);
    const { delta } = await one('energy', MONDAY, MONDAY + HOUR, '&width=40&downsample=lttb');
    expect(delta.reduce((sum: number, step: number) => sum + step, 0)).toBe(499);
  });
});

describe('a series', () => {
  test('has the words of the catalogue, and is found by an alias once', async () => {
    await store('power', [[MONDAY, 5]]);
    const series = await ask('p,power,unheard', MONDAY, MONDAY + HOUR);
    expect(series).toMatchObject([
      { metric: 'power', title: 'Power', unit: 'W', kind: 'gauge', masked: false, delta: [null] },
    ]);
  });

  test('of a personal metric shows its values to those who may see them alone', async () => {
    await store('heart', [[MONDAY, 61]]);
    await rollUpHours(MONDAY + DAY);
    const hidden = { masked: true, n: [1], min: [null], max: [null], avg: [null], last: [null] };
    expect(await one('heart', MONDAY, MONDAY + HOUR)).toMatchObject(hidden);
    expect(await one('heart', MONDAY, MONDAY + HOUR, '&downsample=lttb')).toMatchObject(hidden);
    expect(await one('heart', MONDAY, MONDAY + HOUR, '', 'owner')).toMatchObject({ masked: false, last: [61] });
    const latest = async (role: 'viewer' | 'owner') =>
      (await api.as(role).get(`/devices/${device.id}/telemetry/latest`)).json().items;
    expect(await latest('viewer')).toMatchObject([{ metric: 'heart', value: null, masked: true }]);
    expect(await latest('owner')).toMatchObject([{ metric: 'heart', value: 61, masked: false }]);
  });
});

describe('the newest values of a fleet', () => {
  test('come in pages, by site and label, without those of other tenants and masked where personal', async () => {
    const fleet = [
      await newDevice({ site: 'Pier' }),
      await newDevice({ site: 'Pier', labels: { ring: 'a' } }),
      await newDevice(),
    ];
    for (const [i, { deviceKey }] of fleet.entries()) {
      await store('power', [[MONDAY + i, 100 + i]], deviceKey);
      await store('heart', [[MONDAY + i, 60]], deviceKey);
    }
    await rollUpHours(MONDAY + DAY);
    const list = async (query: string) => (await api.as('viewer').get(`/telemetry/latest?${query}`)).json();
    const site = await list('metric=power&site=Pier');
    expect(site).toMatchObject({ metric: 'power', title: 'Power', unit: 'W', masked: false, nextPageToken: null });
    expect(site.items).toMatchObject([
      { deviceId: fleet[0]!.id, site: 'Pier', place: null, value: 100 },
      { deviceId: fleet[1]!.id, value: 101 },
    ]);
    expect((await list('metric=power&label=ring%3Da')).items).toMatchObject([{ value: 101 }]);
    const first = await list('metric=p&site=Pier&pageSize=1');
    const second = await list(`metric=p&site=Pier&pageSize=1&pageToken=${first.nextPageToken}`);
    expect([first.items[0].value, second.items[0].value, second.nextPageToken]).toEqual([100, 101, null]);
    expect(await list('metric=heart&site=Pier')).toMatchObject({
      masked: true,
      items: [{ value: null }, { value: null }],
    });
    expect(await list('metric=unheard')).toMatchObject({ code: 'not_found' });

    const tokens = await admit(db.database, clock, 'globex');
    const stranger = api.with({ cookie: `muster_session=${tokens.owner}` });
    expect((await stranger.get('/telemetry/latest?metric=power')).json()).toMatchObject({ code: 'not_found' });
  });
});
