import type { AddressInfo } from 'node:net';
import { fleetValueStore } from '@muster/persistence/telemetry/fleet-value.store';
import { partitionStore } from '@muster/persistence/telemetry/partition.store';
import { rawMessages } from '@muster/persistence/telemetry/partitioned';
import { rollupStore } from '@muster/persistence/telemetry/rollup.store';
import { bucketsOf } from '@muster/telemetry/counter';
import { foldBuckets, spanOf } from '@muster/telemetry/fold-buckets';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openHarness } from '../../apps/api/src/people.harness.js';
import { readBuckets } from '../../apps/api/src/telemetry/read-buckets.js';
import { TelemetryModule } from '../../apps/api/src/telemetry/telemetry.module.js';
import { analyse, machine, median, printTable, timed } from '../report.js';
import { METRICS, makePartitions, markHours, type Size, seedDay, seedFleet, seedMessages } from './seed-readings.js';

const quick = Boolean(process.env.MUSTER_QUICK);
/** 100,400,000 readings in full; see `seed-readings`. */
const SIZE: Size = quick ? { dense: 20, sparse: 1_000, days: 3 } : { dense: 451, sparse: 10_000, days: 30 };
/** Dense devices with rollups; the others wait for theirs. */
const ROLLED = Math.min(100, SIZE.dense);
const ROUNDS = quick ? 40 : 200;
const WARM = quick ? 1 : 5;
/** Of the slow baselines. */
const FEW = quick ? 3 : 5;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const now = new Date(Math.floor(Date.now() / HOUR) * HOUR);
const ago = (ms: number) => new Date(now.getTime() - ms);

let db: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;
let origin: string;
let readings: number;
const seconds: Record<string, number> = {};

beforeAll(async () => {
  db = await testDatabase();
  api = await openHarness(db.database, new FakeClock(now), [TelemetryModule]);
  await api.app.listen(0, '127.0.0.1');
  origin = `http://127.0.0.1:${(api.app.getHttpServer().address() as AddressInfo).port}/api/v1`;
  await makePartitions(db, now);
  await seedFleet(db, SIZE, 'acme');
  seconds.load = (await timed(async () => (readings = await seedMessages(db, SIZE, now)))) / 1000;
  await analyse(db.ownerUrl);
}, 900_000);
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

interface Cell {
  readonly what: string;
  readonly times: readonly number[];
}
const percentile = (times: readonly number[], p: number): number =>
  times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * p))]!;
const measure = async (what: string, rounds: number, work: (round: number) => Promise<unknown>): Promise<Cell> => {
  const times: number[] = [];
  for (let round = -WARM; round < rounds; round++) {
    const took = await timed(() => work(round + WARM));
    if (round >= 0) times.push(took);
  }
  return { what, times };
};
/** The last cell is the baseline of the others. */
const print = (title: string, cells: readonly Cell[]) =>
  printTable(
    title,
    ['', 'p50 ms', 'p95 ms', 'baseline ÷ it'],
    cells.map(({ what, times }) => [
      what,
      median(times).toFixed(2),
      percentile(times, 0.95).toFixed(2),
      (median(cells.at(-1)!.times) / median(times)).toFixed(1),
    ]),
  );

const printWanted = (cells: readonly Cell[], ms: number) => {
  for (const { what, times } of cells) {
    const p95 = percentile(times, 0.95);
    process.stdout.write(`  ${what}: p95 ${p95.toFixed(2)} ms, ${p95 < ms ? 'within' : 'over'} the ${ms} ms wanted\n`);
  }
};

const deviceOf = (round: number, among = SIZE.dense) => 1 + ((round * 7_919) % among);
const metricOf = (round: number) => 1 + (round % METRICS);
const ids = async () =>
  new Map(
    (
      await db.database.system((tx) => tx.query<{ k: number; id: string }>('select device_key as k, id from devices'))
    ).map(({ k, id }) => [k, id]),
  );
const fetched = async (path: string) => {
  const answer = await fetch(`${origin}${path}`, { headers: { cookie: `muster_session=${api.tokens.viewer}` } });
  if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
  return answer.json();
};
const chart = (id: string, metric: number, from: Date) =>
  fetched(
    `/devices/${id}/telemetry?metrics=metric_${metric}&from=${from.toISOString()}&to=${now.toISOString()}&width=600`,
  );
const buffers = async (sql: string, params: unknown[]): Promise<string> => {
  const lines = await db.database.system((tx) =>
    tx.query<{ 'QUERY PLAN': string }>(`explain (analyze, buffers, costs off, timing off) ${sql}`, params),
  );
  const text = lines.map((line) => line['QUERY PLAN']);
  const hit = text.find((line) => line.includes('Buffers'))!.trim();
  return `${hit}; ${text.find((line) => line.startsWith('Planning Time'))}; ${text.find((line) => line.startsWith('Execution'))}`;
};

it('rolls up what waits, many device hours in one statement', async () => {
  await markHours(db, SIZE, ROLLED, now);
  const hours = await db.database.system((tx) => rollupStore.backlog(tx));
  const one = await measure('one device hour a statement', quick ? 10 : 100, () =>
    db.database.system((tx) => rollupStore.rollUp(tx, now, 1)),
  );
  const cells: Cell[] = [];
  for (const limit of quick ? [100, 500] : [100, 500, 1_000]) {
    const many = await measure(`${limit} a statement`, quick ? 1 : 3, () =>
      db.database.system((tx) => rollupStore.rollUp(tx, now, limit)),
    );
    cells.push({ what: many.what, times: many.times.map((ms) => ms / limit) });
  }
  print(`Rolling up, ms a device hour (300 readings)\n${machine()}`, [...cells, one]);
  const left = (await db.database.system((tx) => rollupStore.backlog(tx))).waiting;
  const took = await timed(async () => {
    while ((await db.database.system((tx) => rollupStore.rollUp(tx, now, 500))) > 0);
    while ((await db.database.system((tx) => rollupStore.rollUpDays(tx, now, 1_000))) > 0);
  });
  process.stdout.write(
    `  loaded ${readings} readings in ${seconds.load!.toFixed(0)} s; ${hours.waiting} device hours marked, the last ${left} with their days and weeks in ${(took / 1000).toFixed(0)} s: ${(((took / left) * 1000) / 300).toFixed(2)} µs a reading\n`,
  );
  await analyse(db.ownerUrl);
}, 1_800_000);

it('answers the last 24 hours of one metric of one device', async () => {
  const id = await ids();
  const span = spanOf(300_000);
  const scope = (round: number) => ({
    deviceKey: deviceOf(round),
    metrics: [metricOf(round)],
    places: [0],
    from: ago(DAY),
    to: now,
  });
  const store = await measure('through the store', ROUNDS, (round) =>
    db.database.system((tx) => readBuckets(tx, 'minute', scope(round), span, metricOf(round) === METRICS)),
  );
  const http = await measure('through HTTP', ROUNDS, (round) =>
    chart(id.get(deviceOf(round))!, metricOf(round), ago(DAY)),
  );
  const lean = await measure('through HTTP, largest triangle', ROUNDS, (round) =>
    fetched(
      `/devices/${id.get(deviceOf(round))}/telemetry?metrics=metric_${metricOf(round)}&from=${ago(DAY).toISOString()}&to=${now.toISOString()}&width=600&downsample=lttb`,
    ),
  );
  const naive = await measure('rows fetched and folded in the process (baseline)', ROUNDS / 4, async (round) => {
    const rows = await db.database.system((tx) =>
      tx.query<{ at: Date; dt: number[]; metric: number[]; value: number[] }>(
        `select produced_at as at, dt_ms as dt, metric, value from messages where device_key = $1 and produced_at >= $2 order by produced_at`,
        [deviceOf(round), ago(DAY)],
      ),
    );
    const points = rows.flatMap(({ at, dt, metric, value }) =>
      value.flatMap((v, i) => (metric[i] === metricOf(round) ? [{ t: at.getTime() + dt[i]!, v }] : [])),
    );
    return foldBuckets(bucketsOf(points, span, null), span);
  });
  print(`Last 24 h of one metric of one device (1,440 readings of 7,200), ${readings} readings stored`, [
    store,
    http,
    lean,
    naive,
  ]);
  printWanted([store, http], 20);
}, 600_000);

it('answers 30 days by the hour', async () => {
  const id = await ids();
  const from = ago(30 * DAY);
  const scope = (round: number) => ({
    deviceKey: deviceOf(round, ROLLED),
    metrics: [metricOf(round)],
    places: [0],
    from,
    to: now,
  });
  const read = (resolution: 'hour' | 'day' | 'minute') => (round: number) =>
    db.database.system((tx) =>
      readBuckets(tx, resolution, scope(round), spanOf(resolution === 'day' ? DAY : HOUR), metricOf(round) === METRICS),
    );
  const hours = await measure('through the store', ROUNDS, read('hour'));
  const http = await measure('through HTTP', ROUNDS, (round) =>
    chart(id.get(deviceOf(round, ROLLED))!, metricOf(round), from),
  );
  const days = await measure('by the day, through the store', ROUNDS, read('day'));
  const raw = await measure('from messages instead (baseline)', FEW, read('minute'));
  print('30 days by the hour of one metric of one device', [hours, http, days, raw]);
  const sql =
    'select * from telemetry_hourly where device_key = $1 and metric = any($2) and place_id = any($3) and bucket >= $4';
  process.stdout.write(`  ${await buffers(sql, [3, [2], [0], from])}\n`);
  printWanted([hours, http], 10);
}, 600_000);

it('answers the newest value of one metric of 10,000 devices', async () => {
  const store = await measure('through the store', ROUNDS / 4, (round) =>
    db.database.tenant('acme', (tx) => fleetValueStore.list(tx, metricOf(round), {}, null, 10_000)),
  );
  const http = await measure('through HTTP', ROUNDS / 8, (round) =>
    fetched(`/telemetry/latest?metric=metric_${metricOf(round)}&pageSize=10000`),
  );
  const distinct = await measure('DISTINCT ON over the last day (baseline)', FEW, (round) =>
    db.database.system((tx) =>
      tx.query(
        `select distinct on (m.device_key) m.device_key, u.value from messages m cross join lateral unnest(m.dt_ms, m.metric, m.value) u(dt, metric, value)
         where m.produced_at >= $1 and m.kind = 2 and u.metric = $2 order by m.device_key, m.produced_at + u.dt * interval '1 ms' desc`,
        [ago(DAY), metricOf(round)],
      ),
    ),
  );
  print(`Newest value of one metric of ${Math.min(10_000, SIZE.dense + SIZE.sparse)} devices`, [store, http, distinct]);
  printWanted([store, http], 50);
}, 600_000);

it('lets a day go without reading it', async () => {
  const [oldest] = await db.database.system((tx) => partitionStore.parts(tx, rawMessages));
  const rows = await seedDay(db, SIZE, oldest!.start);
  const touched = async (work: () => Promise<unknown>) => {
    const blocks = async () => {
      const [row] = await db.database.system((tx) =>
        tx.query<{ n: number }>(
          `select coalesce(sum(heap_blks_read + heap_blks_hit), 0)::float8 as n from pg_statio_all_tables where relname like 'messages%'`,
        ),
      );
      return row!.n;
    };
    const settled = () => new Promise((resolve) => setTimeout(resolve, 1_500));
    await settled();
    const before = await blocks();
    const ms = await timed(work);
    await settled();
    return { ms, blocks: (await blocks()) - before };
  };
  const removed = await touched(() =>
    db.database.system((tx) =>
      tx.query('delete from messages where produced_at >= $1 and produced_at < $2', [
        ago(SIZE.days * DAY),
        ago((SIZE.days - 1) * DAY),
      ]),
    ),
  );
  const dropped = await touched(async () => {
    for (const step of partitionStore.prepareToEnd(rawMessages, oldest!)) await db.database.system(step);
    const name = await db.database.system((tx) => partitionStore.endOldest(tx, rawMessages, oldest!));
    await db.database.system((tx) => tx.query(`drop table ${name}`));
  });
  printTable(
    `A day of ${rows} messages goes`,
    ['', 'ms', 'blocks of messages read', 'baseline ÷ it'],
    [
      [
        'taken out and dropped',
        dropped.ms.toFixed(1),
        String(Math.max(0, dropped.blocks)),
        (removed.ms / dropped.ms).toFixed(1),
      ],
      ['DELETE (baseline)', removed.ms.toFixed(1), String(removed.blocks), '1.0'],
    ],
  );
  expect(dropped.blocks).toBeLessThan(removed.blocks / 100);
}, 600_000);
