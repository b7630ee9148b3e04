import { fleetValueStore } from '@muster/persistence/telemetry/fleet-value.store';
import { partitionStore } from '@muster/persistence/telemetry/partition.store';
import { rawMessages } from '@muster/persistence/telemetry/partitioned';
import { rollupStore } from '@muster/persistence/telemetry/rollup.store';
import { spanOf } from '@muster/telemetry/fold-buckets';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readBuckets } from '../../apps/api/src/telemetry/read-buckets.js';
import { type Bound, cell, sized } from '../recipe.js';
import { analyse, machine, median, printTable, timed } from '../report.js';
import { METRICS, markHours, type Size, seedFleet, seedMessages } from './seed-readings.js';

const SIZE: Size = sized({
  quick: { dense: 3, sparse: 500, days: 30 },
  recipe: { dense: 5, sparse: 1_000, days: 30 },
  full: { dense: 20, sparse: 10_000, days: 30 },
});
const ROUNDS = sized({ quick: 3, recipe: 9, full: 30 });
/** Devices with rollups. */
const ROLLED = 2;
const DAYS_OF_PARTITIONS = 363;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const now = new Date(Math.floor(Date.now() / HOUR) * HOUR);
const ago = (ms: number) => new Date(now.getTime() - ms);

let db: TestDatabase;
let readings: number;
let partitions: number;
beforeAll(async () => {
  db = await testDatabase();
  // Ahead of today: a database already has those around it, and none is ever made behind the first.
  for (let day = 0; day <= DAYS_OF_PARTITIONS; day += 7)
    await db.database.system((tx) => partitionStore.extend(tx, ago(-day * DAY), rawMessages));
  partitions = (await db.database.system((tx) => partitionStore.parts(tx, rawMessages))).length;
  await db.database.system((tx) => tx.query(`insert into tenants (id, name) values ('acme', 'Acme')`));
  await seedFleet(db, SIZE, 'acme');
  readings = await seedMessages(db, SIZE, now);
  await db.database.system((tx) =>
    tx.query(
      `insert into latest_values (device_key, place_id, metric, tenant_id, at, value)
       select device_key, 0, m.id, 'acme', $1, 20 from devices, metrics m`,
      [ago(HOUR)],
    ),
  );
  await markHours(db, SIZE, ROLLED, now);
  while ((await db.database.system((tx) => rollupStore.rollUp(tx, now, 500))) > 0);
  await analyse(db.ownerUrl);
}, 600_000);
afterAll(() => db?.drop());

/** Both in turns, warmed by one round each; the median of the ratios of the rounds. */
async function compare(id: string, what: string, slow: Way, quickly: Way, bound: Bound = {}): Promise<string[]> {
  const rounds: { slow: number; quickly: number }[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const took = { slow: await timed(() => slow(round + 1)), quickly: await timed(() => quickly(round + 1)) };
    if (round >= 0) rounds.push(took);
  }
  const ratio = median(rounds.map((one) => one.slow / one.quickly));
  cell(id, what, ratio, '×', bound);
  const ms = (read: (one: { slow: number; quickly: number }) => number) => `${median(rounds.map(read)).toFixed(2)} ms`;
  return [id, what, ms((one) => one.slow), ms((one) => one.quickly), `${ratio.toFixed(1)}×`];
}
type Way = (round: number) => Promise<unknown>;

it('reads what was prepared, beside reading messages', async () => {
  const metricOf = (round: number) => 1 + (round % (METRICS - 1));
  const chart = (resolution: 'minute' | 'hour') => (round: number) =>
    db.database.system(async (tx) => {
      const metrics = [metricOf(round)];
      const scope = { deviceKey: 1 + (round % ROLLED), metrics, places: [0], from: ago(30 * DAY), to: now };
      const buckets = await readBuckets(tx, resolution, scope, spanOf(HOUR), false);
      expect(buckets.length).toBeGreaterThan(700);
    });
  const latest = () =>
    db.database.tenant('acme', (tx) => fleetValueStore.list(tx, 1, {}, null, SIZE.dense + SIZE.sparse));
  const distinct = () =>
    db.database.system((tx) =>
      tx.query(
        `select distinct on (m.device_key) m.device_key, u.value from messages m
         cross join lateral unnest(m.dt_ms, m.metric, m.value) u(dt, metric, value)
         where m.produced_at >= $1 and m.kind = 2 and u.metric = 1
         order by m.device_key, m.produced_at + u.dt * interval '1 ms' desc`,
        [ago(DAY)],
      ),
    );
  const lastDay = (bounds: string) => async (round: number) => {
    const rows = await db.database.system((tx) =>
      tx.query(`select produced_at, seq_no from messages where device_key = $1 and ${bounds}`, [
        1 + (round % SIZE.dense),
        ago(DAY),
      ]),
    );
    expect(rows).toHaveLength(144);
  };
  printTable(
    `Reading: ${readings} readings, ${partitions} day partitions, ${SIZE.dense + SIZE.sparse} devices, median of ${ROUNDS} interleaved rounds\n${machine()}`,
    ['', '', 'slow', 'quick', 'ratio'],
    [
      await compare('R7', '30 days by the hour: from messages / from hours', chart('minute'), chart('hour'), {
        least: 4,
      }),
      await compare('R8', 'newest of all: DISTINCT ON a day of messages / table of newest', distinct, latest),
      await compare(
        'R16',
        `24 h of a device, ${partitions} partitions: without / with a bound of the key`,
        lastDay('received_at >= $2'),
        lastDay('produced_at >= $2'),
      ),
    ],
  );
}, 300_000);
