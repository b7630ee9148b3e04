import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import { configStore } from '@muster/persistence/configs/config.store';
import { twinStore } from '@muster/persistence/devices/twin.store';
import { catalogueStore } from '@muster/persistence/telemetry/catalogue.store';
import { ingestStore } from '@muster/persistence/telemetry/ingest.store';
import { latestStore } from '@muster/persistence/telemetry/latest.store';
import { byKey, effectiveTime, type MessageRow } from '@muster/persistence/telemetry/message-row';
import { rollupStore } from '@muster/persistence/telemetry/rollup.store';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openHarness } from '../people.harness.js';
import { TelemetryModule } from '../telemetry/telemetry.module.js';
import { DevicesModule } from './devices.module.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Monday; the swap is on its Wednesday at 10:20. */
const MONDAY = Date.parse('2026-11-02T00:00:00.000Z');
const SWAP = MONDAY + 2 * DAY + 10 * HOUR + 20 * MINUTE;
let at = MONDAY;
const clock = { now: () => new Date(at), monotonic: () => performance.now() };

let db: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;
let metric: number;
let authorityId: string;
let serial = 0;
interface Made {
  id: string;
  etag: string;
  serial: string;
  key: number;
}
let old: Made;

const inTenant = <T>(work: Parameters<typeof db.database.tenant<T>>[1]) => db.database.tenant('acme', work);
const keyOf = (id: string) =>
  inTenant(async (tx) => {
    const [row] = await tx.query<{ key: number }>('select device_key as key from devices where id = $1', [id]);
    return row!.key;
  });
const get = async (path: string) => (await api.as('viewer').get(path)).json();

beforeAll(async () => {
  db = await testDatabase();
  api = await openHarness(db.database, clock, [DevicesModule, TelemetryModule]);
  await api.app.listen(0, '127.0.0.1');
  const [rule] = await db.database.system(async (tx) => {
    const authority = { tenantId: 'acme', kind: 'device' as const, generation: 1, certificatePem: '', keyRef: 'k' };
    authorityId = (await authorityStore.insert(tx, authority, clock.now())).id;
    return catalogueStore.rules(tx, 'acme', ['power']);
  });
  metric = rule!.id;
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

/** A gateway at Pier 4 with a certificate, a wish, a golden config of its own and a meter below it. */
beforeEach(async () => {
  at = MONDAY;
  const body = {
    name: 'Crane 1',
    serial: `old-${++serial}`,
    model: 'edge-1',
    class: 'crane',
    site: 'Pier 4',
    labels: { ring: 'a' },
  };
  const answer = await api.as('admin').post('/devices', body);
  const { id } = answer.json();
  const hex = id.replaceAll('-', '').repeat(2);
  await inTenant(async (tx) => {
    await tx.query(`update devices set state = 'active', pinned = true where id = $1`, [id]);
    const certificate = {
      id: uuidv7(),
      deviceId: id,
      tokenId: null,
      source: 'token',
      sourceId: null,
      late: false,
    } as const;
    const dates = { notBefore: clock.now(), notAfter: new Date(MONDAY + 90 * DAY) };
    const unique = { serial: hex.slice(0, 32), fingerprint: hex, keyHash: hex, pem: '', authorityId };
    await certificateStore.insert(tx, { ...certificate, ...dates, ...unique }, clock.now());
    const [twin] = await twinStore.lock(tx, [id]);
    await twinStore.desire(
      tx,
      [{ twin: twin!, document: { config: { heartbeatS: 20 }, note: 'x' } }],
      'test',
      clock.now(),
    );
    const config = {
      id: uuidv7(),
      name: `own-${serial}`,
      layer: 'device',
      policy: 'report',
      createdBy: 'test',
    } as const;
    await configStore.insert(tx, { ...config, selector: { ids: [id, uuidv7()] } }, clock.now());
    await catalogueStore.placeId(tx, { tenant: 'acme', deviceKey: await keyOf(id), path: 'meter/1', asset: 'Pump 7' });
  });
  old = { id, etag: String(answer.headers.etag), serial: body.serial, key: await keyOf(id) };
});

const swap = async (over: object = {}, headers: Record<string, string> = { 'if-match': old.etag }) =>
  api
    .as('admin')
    .post(`/devices/${old.id}/swap`, { serial: `new-${++serial}`, reason: 'water in the case', ...over }, headers);
const swapped = async (over: object = {}) => {
  at = SWAP;
  const answer = await swap(over);
  expect(answer.statusCode).toBe(201);
  const { id } = answer.json();
  return { answer: answer.json(), id: id as string, key: await keyOf(id) };
};

describe('a swap', () => {
  it('gives the new hardware the place, and takes the old one out with the same commit', async () => {
    const { answer, id } = await swapped();
    expect(answer).toMatchObject({
      ...{ name: 'Crane 1', class: 'crane', site: 'Pier 4', labels: { ring: 'a' }, pinned: true },
      ...{ state: 'pre_registered', predecessorId: old.id, model: 'edge-1' },
    });
    const before = await get(`/devices/${old.id}`);
    expect(before).toMatchObject({
      state: 'decommissioning',
      reasonCode: 'swapped',
      successorId: id,
      name: 'Crane 1 (replaced)',
    });
    expect(await get(`/devices/${id}/twin`)).toMatchObject({ desired: { config: { heartbeatS: 20 }, note: 'x' } });
    const rows = await inTenant(async (tx) => ({
      certificates: (await certificateStore.listOfDevice(tx, old.id, null, 9)).map(({ state, reasonCode }) => [
        state,
        reasonCode,
      ]),
      selector: (
        await tx.query<{ ids: string[] }>(`select selector->'ids' as ids from golden_configs where name = $1`, [
          `own-${serial - 1}`,
        ])
      )[0]!.ids,
      places: await tx.query('select path, asset from places p join devices d using (device_key) where d.id = $1', [
        id,
      ]),
      letters: (
        await db.database.system((all) =>
          all.query<{ type: string }>('select type from outbox where key = any($1)', [[old.id, id]]),
        )
      ).map(({ type }) => type),
    }));
    expect(rows.certificates).toEqual([['revoked', 'cessationOfOperation']]);
    expect(rows.selector[0]).toBe(id);
    expect(rows.places).toEqual([{ path: 'meter/1', asset: 'Pump 7' }]);
    expect(rows.letters).toEqual(expect.arrayContaining(['device.swapped', 'certificate.revoked', 'device.changed']));
  });

  it('is refused for a serial that is known, a version that is past, and hardware that was replaced', async () => {
    at = SWAP;
    expect((await swap({ serial: old.serial })).json()).toMatchObject({ code: 'already_exists' });
    expect((await swap({}, {})).json()).toMatchObject({ code: 'precondition_required' });
    expect((await swap({}, { 'if-match': '"7"' })).json()).toMatchObject({ code: 'precondition_failed' });
    expect((await get(`/devices/${old.id}`)).state).toBe('active');
    expect((await swap()).statusCode).toBe(201);
    const etag = String((await api.as('admin').get(`/devices/${old.id}`)).headers.etag);
    expect((await swap({}, { 'if-match': etag })).json()).toMatchObject({ code: 'transition_refused' });
    expect((await api.as('viewer').post(`/devices/${old.id}/swap`, { serial: 'x', reason: 'y' })).statusCode).toBe(403);
  });

  it('shows the past of the hardware before it in the timeline, marked as such', async () => {
    const { id } = await swapped();
    const { items } = await get(`/devices/${id}/timeline`);
    expect(items[0]).toMatchObject({
      predecessor: null,
      summary: expect.stringContaining('Takes the place of edge-1'),
    });
    expect(items.filter(({ predecessor }: { predecessor: unknown }) => predecessor !== null)).toContainEqual(
      expect.objectContaining({
        predecessor: { deviceId: old.id, serial: old.serial },
        summary: expect.stringContaining('Taken out'),
      }),
    );
    const first = await get(`/devices/${id}/timeline?pageSize=1`);
    const second = await get(`/devices/${id}/timeline?pageSize=1&pageToken=${first.nextPageToken}`);
    expect(second.items[0].id).toBe(items[1].id);
    const own = await get(`/devices/${old.id}/timeline`);
    expect(own.items.every(({ predecessor }: { predecessor: unknown }) => predecessor === null)).toBe(true);
  });
});

/** A reading every ten minutes, at the device and at its meter: the value is the hour since Monday. */
const record = async (deviceKey: number, from: number, to: number, value?: number) => {
  const placeId = await db.database.system((tx) =>
    catalogueStore.placeId(tx, { tenant: 'acme', deviceKey, path: 'meter/1', asset: null }),
  );
  const rows: MessageRow[] = [];
  for (let t = from; t < to; t += 10 * MINUTE)
    for (const place of [null, placeId])
      rows.push({
        ...{ deviceKey, tenant: 'acme', producedAt: new Date(t), receivedAt: new Date(t), seqNo: ++serial, kind: 2 },
        ...{ placeId: place, schemaVersion: 1, correctedAt: null, flags: 0, dtMs: [0], metric: [metric] },
        ...{ value: [value ?? Math.floor((t - MONDAY) / HOUR)], quality: null, extra: null },
      });
  const hours = new Set(rows.map((row) => Math.floor(effectiveTime(row, 0) / HOUR) * HOUR));
  await db.database.system(async (tx) => {
    await ingestStore.insert(tx, rows.sort(byKey));
    await rollupStore.mark(
      tx,
      [...hours].map((bucket) => ({ deviceKey, bucket })),
    );
  });
};
const rollUp = async () => {
  const until = new Date(MONDAY + 20 * DAY);
  await db.database.system((tx) => rollupStore.rollUp(tx, until, 5_000));
  await db.database.system((tx) => rollupStore.rollUpDays(tx, until, 5_000));
};

const series = async (id: string, from: number, to: number, width: number, place?: string) => {
  const range = `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}&width=${width}`;
  const { series: list } = await get(
    `/devices/${id}/telemetry?metrics=power&${range}${place === undefined ? '' : `&place=${encodeURIComponent(place)}`}`,
  );
  return list as { place: string | null; resolution: string; t: number[]; n: number[]; avg: (number | null)[] }[];
};
const total = (n: readonly number[]): number => n.reduce((a, b) => a + b, 0);

describe('the chart of new hardware', () => {
  const END = MONDAY + 4 * DAY;
  const readings = (END - MONDAY) / (10 * MINUTE);

  it.each([
    ['before anything is rolled up', false],
    ['from rollups', true],
  ])('shows what the old one measured before the swap, each reading once, %s', async (_title, rolled) => {
    const { id, key } = await swapped();
    await record(old.key, MONDAY, SWAP);
    // What the old one had in its buffer after it was taken out, and what the new one measured in the workshop.
    await record(old.key, SWAP, SWAP + 2 * HOUR, 999);
    await record(key, SWAP - 30 * HOUR, SWAP, 999);
    await record(key, SWAP, END);
    if (rolled) await rollUp();
    at = END;
    const resolutions: string[] = [];
    for (const [before, after, width] of [
      [28, 42, 10],
      [0, 14, 14],
      [0, 4, 90],
      [0, 4, 4000],
    ] as const) {
      const both = await series(id, MONDAY - before * DAY, MONDAY + after * DAY, width);
      resolutions.push(both[0]!.resolution);
      expect(both.map(({ place }) => place)).toEqual([null, 'meter/1']);
      for (const { n, avg } of both) {
        expect(total(n)).toBe(readings);
        expect(Math.max(...avg.filter((v) => v !== null))).toBeLessThan(96);
      }
    }
    expect(resolutions).toEqual(['week', 'day', 'hour', 'minute']);
    const [hours] = await series(id, SWAP - 20 * MINUTE, SWAP + 40 * MINUTE, 4000, 'meter/1');
    expect(total(hours!.n)).toBe(6);
    const [alone] = await series(old.id, MONDAY, END, 90, '');
    expect(total(alone!.n)).toBe((SWAP - MONDAY) / (10 * MINUTE) + 12);
  });

  it('has its newest values, until it has its own', async () => {
    const { id, key } = await swapped();
    const keep = (deviceKey: number, value: number) =>
      db.database.system((tx) =>
        latestStore.keep(tx, [{ deviceKey, placeId: 0, metric, tenant: 'acme', at: SWAP - HOUR, value }]),
      );
    await keep(old.key, 41);
    expect((await get(`/devices/${id}/telemetry/latest`)).items).toMatchObject([{ metric: 'power', value: 41 }]);
    await keep(key, 42);
    expect((await get(`/devices/${id}/telemetry/latest`)).items).toMatchObject([{ metric: 'power', value: 42 }]);
  });

  it('is exported with the past, each line under the name of what measured it', async () => {
    const { id, key } = await swapped();
    await record(old.key, SWAP - HOUR, SWAP);
    await record(key, SWAP, SWAP + HOUR);
    const range = `from=${new Date(MONDAY).toISOString()}&to=${new Date(END).toISOString()}`;
    const url = `${await api.app.getUrl()}/api/v1/telemetry/export?devices=${id}&${range}&resolution=raw&format=jsonl`;
    const answer = await fetch(url, { headers: { cookie: `muster_session=${api.tokens.admin}` } });
    const lines = (await answer.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { device_id: string });
    const by = (of: string) => lines.filter(({ device_id }) => device_id === of).length;
    expect([by(old.id), by(id), lines.length]).toEqual([12, 12, 24]);
  });

  it('goes back over several swaps', async () => {
    const { id } = await swapped();
    await record(old.key, MONDAY, SWAP);
    const etag = String((await api.as('admin').get(`/devices/${id}`)).headers.etag);
    at = SWAP + HOUR;
    const again = await api
      .as('admin')
      .post(`/devices/${id}/swap`, { serial: `third-${serial}`, reason: 'dead on arrival' }, { 'if-match': etag });
    const third = again.json().id;
    const [chart] = await series(third, MONDAY, END, 90, '');
    expect(total(chart!.n)).toBe((SWAP - MONDAY) / (10 * MINUTE));
    const { items } = await get(`/devices/${third}/timeline`);
    expect(
      new Set(
        items.map(({ predecessor }: { predecessor: { deviceId: string } | null }) => predecessor?.deviceId ?? third),
      ),
    ).toEqual(new Set([third, id, old.id]));
  });
});
