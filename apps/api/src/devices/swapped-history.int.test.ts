import { catalogueStore } from '@muster/persistence/telemetry/catalogue.store';
import { ingestStore } from '@muster/persistence/telemetry/ingest.store';
import { latestStore } from '@muster/persistence/telemetry/latest.store';
import { byKey, effectiveTime, type MessageRow } from '@muster/persistence/telemetry/message-row';
import { rollupStore } from '@muster/persistence/telemetry/rollup.store';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  api,
  closeWorld,
  DAY,
  db,
  get,
  HOUR,
  MINUTE,
  MONDAY,
  metric,
  nextSerial,
  old,
  openWorld,
  placeDevice,
  SWAP,
  setClock,
  swapped,
} from './swap.harness.js';

beforeAll(openWorld);
afterAll(closeWorld);
beforeEach(placeDevice);

/** A reading every ten minutes, at the device and at its meter: the value is the hour since Monday. */
const record = async (deviceKey: number, from: number, to: number, value?: number) => {
  const placeId = await db.database.system((tx) =>
    catalogueStore.placeId(tx, { tenant: 'acme', deviceKey, path: 'meter/1', asset: null }),
  );
  const rows: MessageRow[] = [];
  for (let t = from; t < to; t += 10 * MINUTE)
    for (const place of [null, placeId])
      rows.push({
        ...{
          deviceKey,
          tenant: 'acme',
          producedAt: new Date(t),
          receivedAt: new Date(t),
          seqNo: nextSerial(),
          kind: 2,
        },
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
    setClock(END);
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
    setClock(SWAP + HOUR);
    const again = await api
      .as('admin')
      .post(
        `/devices/${id}/swap`,
        { serial: `third-${nextSerial()}`, reason: 'dead on arrival' },
        { 'if-match': etag },
      );
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
