import { byKey } from '@muster/persistence/telemetry/message-row';
import { partitionStore } from '@muster/persistence/telemetry/partition.store';
import { rawMessages } from '@muster/persistence/telemetry/partitioned';
import { rollupStore } from '@muster/persistence/telemetry/rollup.store';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bound, cell, sized } from '../recipe.js';
import { machine, median, printTable, timed } from '../report.js';
import {
  batchesOf,
  byBatch,
  byCopy,
  byRow,
  bySave,
  copyTextOf,
  createTables,
  METRICS,
  openOrm,
} from './insert-cells.js';

const ROUNDS = sized({ quick: 1, recipe: 3, full: 4 });
const MESSAGES = sized({ quick: 10_000, recipe: 20_000, full: 50_000 });
const ROWS = sized({ quick: 200, recipe: 500, full: 1_500 });
const SAVES = sized({ quick: 100, recipe: 200, full: 600 });
const WEIGHED = sized({ quick: 20_000, recipe: 20_000, full: 50_000 });
const ROLLED = sized({ quick: 3_000, recipe: 5_000, full: 20_000 });
const READINGS = 10;

let test: TestDatabase;
let sql: pg.Client;
let orm: DataSource;
beforeAll(async () => {
  test = await testDatabase();
  sql = new pg.Client(test.ownerUrl);
  await sql.connect();
  await createTables(sql);
  await test.database.system((tx) => partitionStore.extend(tx, new Date()));
  orm = await openOrm(test.ownerUrl);
});
afterAll(async () => {
  await orm.destroy();
  await sql.end();
  await test.drop();
});

const count = async (table: string): Promise<number> => {
  const { rows } = await sql.query<{ n: number }>(`select count(*)::int as n from ${table}`);
  return rows[0]!.n;
};

/** Runs one cell and proves that it stored what it was given: a fast cell that lost rows is a failure. */
async function perSecond(table: string, rows: number, things: number, work: () => Promise<unknown>): Promise<number> {
  const before = await count(table);
  const ms = await timed(work);
  expect((await count(table)) - before).toBe(rows);
  return (things / ms) * 1_000;
}

describe('the way into the table', () => {
  it('in batches, beside COPY, single rows and an ORM', async () => {
    const rates = new Map<string, number[]>();
    const note = (what: string, rate: number) => rates.set(what, [...(rates.get(what) ?? []), rate]);
    for (let round = 0; round <= ROUNDS; round++) {
      // The first round warms everybody alike.
      const many = round === 0 ? MESSAGES / 10 : MESSAGES;
      const keep = round === 0 ? () => {} : note;
      const batches = batchesOf(round, many, 1);
      const readings = many * READINGS;
      keep('batch', await perSecond('messages', many, many, () => byBatch(test.database, batches)));
      keep(
        'batch, one connection',
        await perSecond('messages', many, many, () => byBatch(test.database, batchesOf(round + 100, many, 1), 1)),
      );
      const text = copyTextOf(batches);
      keep('copy', await perSecond('bench_copy', many, many, () => byCopy(sql, 'bench_copy', text)));
      keep('copy without key', await perSecond('bench_heap', many, many, () => byCopy(sql, 'bench_heap', text)));
      keep('again', await perSecond('messages', 0, many, () => byBatch(test.database, batches)));
      const chunks = batchesOf(round + 200, many / 5, READINGS);
      keep('chunk', await perSecond('messages', many / 5, readings / 5, () => byBatch(test.database, chunks)));
      const singles = batchesOf(round + 300, SAVES + ROWS, 1).flat();
      keep('row', await perSecond('bench_copy', ROWS, ROWS, () => byRow(sql, singles.slice(0, ROWS))));
      keep('save', await perSecond('bench_orm', SAVES, SAVES, () => bySave(orm, singles.slice(ROWS))));
    }
    const line = (id: string, what: string, of: string, reference: string, bound: Bound = {}, unit = 'messages/s') => {
      const ratio = median(rates.get(of)!.map((rate, round) => rate / rates.get(reference)![round]!));
      if (id) cell(id, what, ratio, '×', bound);
      return [id, what, `${median(rates.get(of)!).toFixed(0)} ${unit}`, `${ratio.toFixed(2)}×`];
    };
    printTable(
      `Into the table: ${METRICS} metrics a message, 1,000 a batch, median of ${ROUNDS} interleaved rounds\n${machine()}`,
      ['', '', 'rate', 'ratio'],
      [
        line('R1', 'batches on two connections / ORM save per message', 'batch', 'save', { least: 40 }),
        line('R2', 'batches on two connections / a prepared row each', 'batch', 'row', { least: 15 }),
        line('R3', 'batches on two connections / COPY, same key', 'batch', 'copy', { least: 0.5 }),
        line('', 'batches on one connection / COPY, same key', 'batch, one connection', 'copy'),
        line('R4', 'COPY without a key / with it', 'copy without key', 'copy'),
        line('R5', 'rows of ten readings / a row a reading', 'chunk', 'batch', { least: 2.5 }, 'readings/s'),
        line('R13', 'everything a second time / the first time (0 rows stored)', 'again', 'batch', { least: 0.7 }),
      ],
    );
  });

  it('weighs so much on disk and in the log', async () => {
    const lines: string[][] = [];
    for (const [i, readings] of [1, READINGS].entries()) {
      const n = WEIGHED / readings;
      const batches = batchesOf(5_000 + i, n, readings);
      await sql.query('checkpoint');
      const before = await weight();
      await byBatch(test.database, batches);
      const after = await weight();
      const per = (bytes: number) => `${(bytes / n).toFixed(0)} B (${(bytes / n / readings).toFixed(0)} B a reading)`;
      lines.push([
        `${readings} ${readings === 1 ? 'reading' : 'readings'} a message`,
        per(after.heap - before.heap),
        per(after.indexes - before.indexes),
        per(after.wal - before.wal),
      ]);
    }
    const header = ['', 'table', 'indexes', 'log, right after a checkpoint'];
    printTable(`Bytes of a message of ${METRICS} metrics a reading\n${machine()}`, header, lines);
  });

  it('rollups in a job, beside rollups in the transaction that stores', async () => {
    const n = ROLLED;
    const cost = { plain: [] as number[], inside: [] as number[], job: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      const of = (part: number) => batchesOf(1_000 + round * 10 + part, n, 1);
      const us = (ms: number) => (ms * 1_000) / n;
      cost.plain.push(us(await timed(() => byBatch(test.database, of(1), 1))));
      const batches = of(2);
      cost.inside.push(
        us(
          await timed(async () => {
            for (const batch of batches) {
              await byBatch(test.database, [batch], 1);
              await upsertHours(batch);
            }
          }),
        ),
      );
      const hours = [...new Set(batches.flat().map((row) => row.deviceKey))].map((deviceKey) => ({
        deviceKey,
        bucket: Math.floor((Date.now() - 3_600_000) / 3_600_000) * 3_600_000,
      }));
      await test.database.system((tx) => rollupStore.mark(tx, hours));
      const rows = await count(`messages where kind = 2 and produced_at < date_trunc('hour', now())`);
      const ms = await timed(() => test.database.system((tx) => rollupStore.rollUp(tx, new Date(), hours.length)));
      cost.job.push((ms * 1_000) / Math.max(1, rows));
    }
    const inside = cost.inside.map((us, round) => us - cost.plain[round]!);
    const ratio = median(inside.map((us, round) => us / cost.job[round]!));
    cell('R6', 'a rollup in the transaction that stores / in a job, a message', ratio, '×', { least: 5 });
    printTable(`R6 Rollups, µs a message beyond storing it, median of ${ROUNDS} rounds\n${machine()}`, null, [
      ['in the transaction that stores', `${median(inside).toFixed(2)} µs`],
      ['in a job, of marked hours', `${median(cost.job).toFixed(2)} µs`],
      ['ratio', `${ratio.toFixed(1)}×`],
    ]);
  });

  it('while partitions are made and ended beside a reader of three seconds', async () => {
    const reader = new pg.Client(test.ownerUrl);
    await reader.connect();
    const reading = reader.query('select pg_sleep(3), (select count(*) from messages)');
    const until = performance.now() + 3_000;
    let round = 2_000;
    let worst = 0;
    let attempts = 0;
    const ingest = (async () => {
      while (performance.now() < until)
        worst = Math.max(worst, await timed(() => byBatch(test.database, batchesOf(round++, 100, 1), 1)));
    })();
    const meanwhile = async (work: () => Promise<unknown>) => {
      while (performance.now() < until) {
        attempts++;
        const failed = await work().then(
          () => false,
          () => true,
        );
        if (!failed) return 'done beside the reader';
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      return 'waits until the reader is gone';
    };
    const later = new Date(Date.now() + 30 * 86_400_000);
    const made = await meanwhile(() => test.database.system((tx) => partitionStore.extend(tx, later)));
    const [oldest] = await test.database.system((tx) => partitionStore.parts(tx, rawMessages));
    const ended = await meanwhile(async () => {
      for (const step of partitionStore.prepareToEnd(rawMessages, oldest!)) await test.database.system(step);
      const name = await test.database.system((tx) => partitionStore.endOldest(tx, rawMessages, oldest!));
      await test.database.system((tx) => tx.query(`drop table ${name}`));
    });
    await Promise.all([reading, ingest]);
    await reader.end();
    cell('R12', 'longest insert during partition work beside a reader', worst, 'ms', { most: 300 });
    printTable(
      `R12 Longest stall of an insert during partition work beside a reader of three seconds\n${machine()}`,
      null,
      [
        ['longest insert of 100', `${worst.toFixed(0)} ms`],
        ['days ahead made', made],
        ['the oldest day taken out and dropped', ended],
        ['tries of both', String(attempts)],
      ],
    );
  });
});

const weight = async (): Promise<{ heap: number; indexes: number; wal: number }> => {
  const { rows } = await sql.query<{ heap: string; indexes: string; wal: string }>(
    `select sum(pg_table_size(inhrelid)) as heap, sum(pg_indexes_size(inhrelid)) as indexes,
       pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') as wal from pg_inherits where inhparent = 'messages'::regclass`,
  );
  const { heap, indexes, wal } = rows[0]!;
  return { heap: Number(heap), indexes: Number(indexes), wal: Number(wal) };
};

/** What the ingest would do for rollups if it did them itself. */
async function upsertHours(batch: ReturnType<typeof batchesOf>[number]): Promise<void> {
  const series = new Map<
    string,
    { device: number; metric: number; n: number; sum: number; min: number; max: number }
  >();
  for (const { deviceKey, metric, value } of batch.toSorted(byKey))
    for (const [i, id] of metric.entries()) {
      const key = `${deviceKey}/${id}`;
      const one = series.get(key) ?? { device: deviceKey, metric: id, n: 0, sum: 0, min: value[i]!, max: value[i]! };
      one.n++;
      one.sum += value[i]!;
      one.min = Math.min(one.min, value[i]!);
      one.max = Math.max(one.max, value[i]!);
      series.set(key, one);
    }
  const all = [...series.values()].sort((a, b) => a.device - b.device || a.metric - b.metric);
  await test.database.system((tx) =>
    tx.prepared(
      'bench_upsert_hours',
      `insert into telemetry_hourly (device_key, place_id, metric, bucket, n, sum, min, max, first, first_at, last, last_at)
       select d, 0, m, date_trunc('hour', now()), n, s, lo, hi, lo, now(), hi, now()
       from unnest($1::int[], $2::int[], $3::int[], $4::float8[], $5::float8[], $6::float8[]) u(d, m, n, s, lo, hi)
       on conflict (device_key, place_id, metric, bucket) do update set n = telemetry_hourly.n + excluded.n,
         sum = telemetry_hourly.sum + excluded.sum, min = least(telemetry_hourly.min, excluded.min),
         max = greatest(telemetry_hourly.max, excluded.max), last = excluded.last, last_at = excluded.last_at`,
      [
        all.map(({ device }) => device),
        all.map(({ metric }) => metric),
        all.map(({ n }) => n),
        all.map(({ sum }) => sum),
        all.map(({ min }) => min),
        all.map(({ max }) => max),
      ],
    ),
  );
}
