import { baselineStore } from '@muster/persistence/telemetry/baseline.store';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AnomalyLook, DEVICES } from '../../apps/worker/src/telemetry/anomaly-look.js';
import { analyse, machine, median, printTable, timed } from '../report.js';

const quick = Boolean(process.env.MUSTER_QUICK);
const FLEET = quick ? 200 : 1_000;
const METRICS = 5;
const DAYS = quick ? 10 : 20;
const ROUNDS = quick ? 3 : 6;
const SERIES = FLEET * METRICS;
const HOUR = 3_600_000;
const start = Math.floor(Date.now() / HOUR) * HOUR - (DAYS * 24 + ROUNDS + 2) * HOUR;
const hourAt = (h: number) => new Date(start + h * HOUR);

let db: TestDatabase;
let loadS: number;
beforeAll(async () => {
  db = await testDatabase();
  await db.database.system(async (tx) => {
    await tx.query(`insert into tenants (id, name) values ('acme', 'Acme')`);
    await tx.query(`insert into device_classes (tenant_id, name) values ('acme', 'meter')`);
    await tx.query(
      `insert into devices (tenant_id, id, name, serial, model, class, state)
       select 'acme', gen_random_uuid(), 'd' || i, 's' || i, 'm', 'meter', 'active' from generate_series(1, $1::int) i`,
      [FLEET],
    );
    await tx.query(
      `insert into metrics (tenant_id, key) select 'acme', 'metric_' || i from generate_series(1, $1::int) i`,
      [METRICS],
    );
    await tx.query(
      `insert into latest_values (device_key, place_id, metric, tenant_id, at, value)
       select device_key, 0, m.id, 'acme', now(), 0 from devices, metrics m`,
    );
  });
  loadS = (await timed(() => seed(0, DAYS * 24))) / 1000;
  await analyse(db.ownerUrl);
}, 600_000);
afterAll(() => db?.drop());

/** A daily cycle with noise, hour after hour as rollups write it; a thousandth of the series are shifted in the last hours. */
const seed = (from: number, to: number) =>
  db.database.system(async (tx) => {
    for (let h = from; h < to; h++)
      await tx.query(
        `insert into telemetry_hourly (device_key, place_id, metric, bucket, n, sum, min, max, first, first_at, last, last_at)
         select d, 0, m, $1, 6, 6 * v, v - 1 - random(), v + 1 + random(), v, $1, v + random(), $1
         from (select device_key as d, m.id as m, 20 + 5 * sin($2::float8 / 24 * 6.283) + random()
                 + case when $2 >= $3 and (device_key * 7 + m.id) % 1000 = 0 then 60 else 0 end as v
               from devices, metrics m) x`,
        [hourAt(h), h, DAYS * 24],
      );
    await baselineStore.mark(
      tx,
      (await tx.query<{ key: number }>('select device_key as key from devices')).map(({ key }) => ({
        deviceKey: key,
        bucket: hourAt(from),
      })),
    );
  });

/** The least that any look must do: the new hour of each series and the one before, as the look reads them. */
async function readAlone(h: number): Promise<number> {
  let rows = 0;
  const keys = await db.database.system((tx) =>
    tx.query<{ key: number }>('select device_key as key from devices order by 1'),
  );
  for (let at = 0; at < keys.length; at += DEVICES)
    rows += await db.database.system(async (tx) => {
      const wanted = keys.slice(at, at + DEVICES).flatMap(({ key }) =>
        Array.from({ length: METRICS }, (_, m) => ({
          deviceKey: key,
          placeId: 0,
          metric: m + 1,
          from: hourAt(h - 1).getTime(),
          to: hourAt(h).getTime(),
          most: 3,
        })),
      );
      return (await baselineStore.hours(tx, wanted)).flat().length;
    });
  return rows;
}

const lookAtAll = async () => {
  const look = new AnomalyLook(db.database);
  while ((await look.lookAtSome()) > 0);
};

it('looks at every series of a fleet once an hour', async () => {
  const idle = process.cpuUsage();
  const learnMs = await timed(lookAtAll);
  const learned = process.cpuUsage(idle);
  const learnCpu = (learned.user + learned.system) / SERIES;
  await analyse(db.ownerUrl);
  const [alone, looks, cpu]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    const h = DAYS * 24 + round;
    await seed(h, h + 1);
    let rows = 0;
    alone.push(await timed(async () => (rows = await readAlone(h))));
    expect(rows).toBe(2 * SERIES);
    const before = process.cpuUsage();
    looks.push(await timed(lookAtAll));
    const { user, system } = process.cpuUsage(before);
    cpu.push((user + system) / SERIES);
  }
  const us = (ms: number) => (ms * 1000) / SERIES;
  const each = us(median(looks));
  const found = await db.database.system((tx) => tx.query<{ kind: string }>('select kind from anomalies'));
  printTable(
    `Looking for anomalies, µs a series (${SERIES} series, ${DAYS} days of hours, loaded in ${loadS.toFixed(0)} s)\n${machine()}`,
    ['', 'µs a series', '÷ reading alone', '1,000,000 series'],
    [
      ['reading the new hours alone', us(median(alone)).toFixed(1), '1.0', `${us(median(alone)).toFixed(0)} s`],
      ['the look', each.toFixed(1), (each / us(median(alone))).toFixed(1), `${each.toFixed(0)} s an hour`],
      ['  of it CPU of the worker', median(cpu).toFixed(1), '', `${median(cpu).toFixed(0)} s`],
      ['learning a baseline (once a day)', us(learnMs).toFixed(0), '', `${(us(learnMs) / 24).toFixed(0)} s an hour`],
      ['  of it CPU of the worker', learnCpu.toFixed(0), '', `${(learnCpu / 24).toFixed(0)} s`],
    ],
  );
  const shifted = Math.floor(SERIES / 1000);
  expect(found.every(({ kind }) => kind === 'anomaly')).toBe(true);
  expect(found.length).toBeGreaterThanOrEqual(ROUNDS >= 5 ? shifted - 1 : 0);
}, 600_000);
