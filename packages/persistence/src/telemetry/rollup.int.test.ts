import { qualityFlags, unusable } from '@muster/contracts/telemetry/telemetry.schema';
import { bucketsOf } from '@muster/telemetry/counter';
import { type Bucket, foldBuckets, spanOf } from '@muster/telemetry/fold-buckets';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ingestStore } from './ingest.store.js';
import { byKey, effectiveTime, type MessageRow } from './message-row.js';
import { rollupStore } from './rollup.store.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Six hours before a week begins. */
const START = Date.parse('2026-11-15T18:00:00.000Z');
const END = new Date(START + 8 * DAY);

let db: TestDatabase;
let gauge: number;
let counter: number;
let wrapping: number;
let devices = 0;

beforeAll(async () => {
  db = await testDatabase();
  await db.database.system(async (tx) => {
    await tx.query(`insert into tenants (id, name) values ('north', 'North')`);
    await tx.query(`insert into device_classes (tenant_id, name) values ('north', 'gateway')`);
    const rows = await tx.query<{ id: number }>(
      `insert into metrics (tenant_id, key, kind, wrap_at) values ('north', 'power', 'gauge', null),
         ('north', 'energy', 'counter', null), ('north', 'pulses', 'counter', 100) returning id`,
    );
    [gauge, counter, wrapping] = rows.map(({ id }) => id) as [number, number, number];
  });
});
afterAll(() => db.drop());

const newDevice = () =>
  db.database.system(async (tx) => {
    const name = `d${++devices}`;
    const [row] = await tx.query<{ key: number }>(
      `insert into devices (tenant_id, id, name, serial, model, class, state)
       values ('north', gen_random_uuid(), $1, $1, 'm', 'gateway', 'active') returning device_key as key`,
      [name],
    );
    return row!.key;
  });

interface Draft {
  readonly minute: number;
  readonly place: number | null;
  /** Sent under a clock that was never set, or one that is far ahead. */
  readonly clock: 'right' | 'unset' | 'ahead';
  readonly readings: readonly { dt: number; metric: 0 | 1 | 2; value: number; quality: number }[];
}

const { missing, outOfRange, stuck, duplicate } = qualityFlags;
const drafts = fc.array(
  fc.record<Draft>({
    minute: fc.integer({ min: 0, max: 14 * 60 }),
    place: fc.constantFrom(null, null, 7),
    clock: fc.constantFrom('right', 'right', 'right', 'unset', 'ahead'),
    readings: fc.array(
      fc.record({
        dt: fc.integer({ min: -60, max: 60 }).map((minutes) => minutes * MINUTE),
        metric: fc.constantFrom(0 as const, 1 as const, 2 as const),
        value: fc.integer({ min: 0, max: 99 }),
        quality: fc.constantFrom(0, 0, 0, 0, missing, outOfRange, stuck, duplicate),
      }),
      { minLength: 1, maxLength: 5 },
    ),
  }),
  { maxLength: 40 },
);

const rowOf = (draft: Draft, deviceKey: number, seqNo: number): MessageRow => {
  const at = START + draft.minute * MINUTE;
  const shift = draft.clock === 'unset' ? Date.UTC(2019, 0, 1) - START : draft.clock === 'ahead' ? 400 * DAY : 0;
  const ordered = draft.readings.toSorted((a, b) => a.dt - b.dt);
  return {
    deviceKey,
    tenant: 'north',
    producedAt: new Date(at + shift),
    seqNo,
    kind: 2,
    placeId: draft.place,
    receivedAt: new Date(at),
    schemaVersion: 1,
    correctedAt: draft.clock === 'right' ? null : new Date(at),
    flags: 0,
    dtMs: ordered.map(({ dt }) => dt),
    metric: ordered.map(({ metric }) => [gauge, counter, wrapping][metric]!),
    value: ordered.map(({ value, quality }) => (quality === missing ? Number.NaN : value)),
    quality: ordered.map(({ quality }) => quality),
    extra: null,
  };
};

/** As the ingest: the messages and their marks, in one transaction. */
const store = (rows: readonly MessageRow[]) =>
  db.database.system(async (tx) => {
    if (rows.length === 0) return;
    await ingestStore.insert(tx, rows.toSorted(byKey));
    const hours = new Map<string, { deviceKey: number; bucket: number }>();
    for (const row of rows)
      for (const dt of row.dtMs) {
        const bucket = Math.floor(effectiveTime(row, dt) / HOUR) * HOUR;
        hours.set(`${row.deviceKey}/${bucket}`, { deviceKey: row.deviceKey, bucket });
      }
    await rollupStore.mark(tx, [...hours.values()]);
  });

const rollUp = async (limit: number) => {
  while ((await db.database.system((tx) => rollupStore.rollUp(tx, END, limit))) > 0);
  while ((await db.database.system((tx) => rollupStore.rollUpDays(tx, END, limit))) > 0);
};

type Rolled = Bucket & { readonly placeId: number; readonly metric: number; readonly bad: number };

const stored = (table: string, deviceKey: number) =>
  db.database.system((tx) =>
    tx.query<Rolled>(
      `select place_id as "placeId", metric, extract(epoch from bucket)::float8 * 1000 as t, n, sum, min, max, first,
         extract(epoch from first_at)::float8 * 1000 as "firstAt", last, extract(epoch from last_at)::float8 * 1000 as "lastAt",
         delta, resets, bad, flags
       from ${table} where device_key = $1 order by place_id, metric, bucket`,
      [deviceKey],
    ),
  );

/** What the rollups must be, from all messages at once. */
const expected = (rows: readonly MessageRow[]) => {
  const readings = rows.flatMap((row) =>
    row.value.map((v, i) => ({
      t: effectiveTime(row, row.dtMs[i]!),
      v,
      order: [row.producedAt.getTime(), row.seqNo, i] as const,
      series: `${row.placeId ?? 0}/${row.metric[i]}`,
      placeId: row.placeId ?? 0,
      metric: row.metric[i]!,
      quality: row.quality![i]!,
    })),
  );
  readings.sort((a, b) => a.t - b.t || a.order[0] - b.order[0] || a.order[1] - b.order[1] || a.order[2] - b.order[2]);
  const widths = { telemetry_hourly: HOUR, telemetry_daily: DAY, telemetry_weekly: 7 * DAY };
  const rolled: Record<string, Rolled[]> = { telemetry_hourly: [], telemetry_daily: [], telemetry_weekly: [] };
  for (const list of Map.groupBy(readings, ({ series }) => series).values()) {
    const { placeId, metric } = list[0]!;
    const kind = metric === gauge ? null : { wrapAt: metric === wrapping ? 100 : null };
    const hours = bucketsOf(
      list.filter(({ quality }) => (quality & unusable) === 0),
      spanOf(HOUR),
      kind,
    ).map((bucket) => {
      const all = list.filter(({ t }) => spanOf(HOUR).start(t) === bucket.t);
      return {
        ...bucket,
        flags: all.reduce((flags, { quality }) => flags | quality, 0),
        bad: all.filter(({ quality }) => quality & unusable).length,
      };
    });
    for (const [table, ms] of Object.entries(widths))
      for (const bucket of foldBuckets(hours, spanOf(ms))) {
        const within = hours.filter(({ t }) => spanOf(ms).start(t) === bucket.t);
        rolled[table]!.push({ ...bucket, placeId, metric, bad: within.reduce((n, { bad }) => n + bad, 0) });
      }
  }
  for (const list of Object.values(rolled))
    list.sort((a, b) => a.placeId - b.placeId || a.metric - b.metric || a.t - b.t);
  return rolled;
};

describe('rollups', () => {
  it('are the same whatever came late, twice, out of order or from a wrong clock, and whenever they were made', async () => {
    const schedule = fc.array(
      fc.record({ size: fc.integer({ min: 1, max: 12 }), limit: fc.constantFrom(0, 1, 3, 100) }),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(drafts, fc.array(fc.nat(), { maxLength: 120 }), schedule, async (list, picks, steps) => {
        const deviceKey = await newDevice();
        const rows = list.map((draft, i) => rowOf(draft, deviceKey, i));
        // Some twice and in any order, then all that were not picked.
        const sent = [...picks.flatMap((pick) => rows.slice(pick % (rows.length + 1)).slice(0, 1)), ...rows];
        for (const { size, limit } of steps) {
          await store(sent.splice(0, size));
          if (limit > 0) await rollUp(limit);
        }
        await store(sent);
        await rollUp(100);
        const rolled = expected(rows);
        for (const [table, buckets] of Object.entries(rolled)) expect(await stored(table, deviceKey)).toEqual(buckets);
      }),
      { numRuns: 20 },
    );
  }, 120_000);

  it('of others do not wait for a device whose readings run over', async () => {
    const [wild, tame] = [await newDevice(), await newDevice()];
    const reading = (metric: 0 | 1, value: number, dt: number) => ({ dt, metric, value, quality: 0 });
    const draft = (readings: Draft['readings']): Draft => ({ minute: 30, place: null, clock: 'right', readings });
    const most = Number.MAX_VALUE;
    const readings = [
      reading(0, most, 0),
      reading(0, most, 1),
      reading(1, -most, 0),
      reading(1, most, 1),
      reading(0, 5, 2),
    ];
    await store([rowOf(draft(readings), wild, 0), rowOf(draft([reading(0, 7, 0)]), tame, 0)]);
    await rollUp(100);
    expect(await stored('telemetry_weekly', tame)).toMatchObject([{ metric: gauge, n: 1, sum: 7 }]);
    expect(await stored('telemetry_weekly', wild)).toMatchObject([{ metric: gauge, n: 1, sum: 5, bad: 2 }]);
  });
});
