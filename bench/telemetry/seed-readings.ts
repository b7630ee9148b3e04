import { partitionStore } from '@muster/persistence/telemetry/partition.store';
import { hourlyRollups, rawMessages } from '@muster/persistence/telemetry/partitioned';
import type { TestDatabase } from '@muster/testkit/postgres';
import pg from 'pg';

const MINUTE = 60_000;
const DAY = 86_400_000;
export const METRICS = 5;
/** A message every ten minutes with ten readings of five metrics, one a minute. */
const READINGS = 50;
const EVERY_MS = 10 * MINUTE;

export interface Size {
  /** Devices with all `days` of messages, and how many have their last hour alone. */
  readonly dense: number;
  readonly sparse: number;
  readonly days: number;
}

/** Half a year of day partitions, as by default, and months of hours. */
export async function makePartitions(db: TestDatabase, now: Date): Promise<void> {
  for (let day = -173; day <= 0; day += 7) {
    const at = new Date(now.getTime() + day * DAY);
    await db.database.system((tx) => partitionStore.extend(tx, at, rawMessages));
    await db.database.system((tx) => partitionStore.extend(tx, at, hourlyRollups));
  }
}

/** Devices in the order of their keys from 1, and metrics 1 to 5, the last one a counter. */
export async function seedFleet(db: TestDatabase, { dense, sparse }: Size, tenant: string): Promise<void> {
  await db.database.system(async (tx) => {
    await tx.query(`insert into device_classes (tenant_id, name) values ($1, 'gateway') on conflict do nothing`, [
      tenant,
    ]);
    await tx.query(
      `insert into devices (tenant_id, id, name, serial, model, class, labels, state)
       select $1, gen_random_uuid(), 'gw-' || n, 'S' || n, 'm', 'gateway', '{}', 'active' from generate_series(1, $2::int) n`,
      [tenant, dense + sparse],
    );
    await tx.query(
      `insert into metrics (tenant_id, key, kind) select $1, 'metric_' || n, case when n = ${METRICS} then 'counter' else 'gauge' end
       from generate_series(1, ${METRICS}) n`,
      [tenant],
    );
  });
}

const row = (time: string, device: string, slot: string) => `
  select ${device}, ${time}, ${slot}, 2, ${time}, 1, 0,
    (select array_agg((i % 10) * 60000 order by i) from generate_series(0, ${READINGS - 1}) i),
    (select array_agg(1 + i / 10 order by i) from generate_series(0, ${READINGS - 1}) i),
    (select array_agg(case when i < 40 then 20 + 5 * sin((${slot} + i) / 50.0) + random() else ${slot} * 10 + i end)
      from generate_series(0, ${READINGS - 1}) i where ${device} is not null)`;
const INTO = `insert into messages (device_key, produced_at, seq_no, kind, received_at, schema_version, flags, dt_ms, metric, value)`;

/** Messages in the order they would have come in: all devices at one time, then the next. Two days at once. */
export async function seedMessages(db: TestDatabase, { dense, sparse, days }: Size, now: Date): Promise<number> {
  const work = Array.from({ length: days }, (_, i) => new Date(now.getTime() - (days - i) * DAY));
  await Promise.all(
    [1, 2].map(async () => {
      const client = new pg.Client(db.systemUrl);
      await client.connect();
      for (let from = work.shift(); from !== undefined; from = work.shift())
        await client.query(
          `${INTO} select x.* from generate_series(0, ${DAY / EVERY_MS - 1}) n, generate_series(1, ${dense}) d
           cross join lateral (${row(`timestamptz '${from.toISOString()}' + n * interval '${EVERY_MS} ms'`, 'd', `(n + ${Math.round(from.getTime() / EVERY_MS) % 100_000})`)}) x`,
        );
      await client.end();
    }),
  );
  const hourAgo = new Date(now.getTime() - 6 * EVERY_MS);
  await db.database.system((tx) =>
    tx.query(
      `${INTO} select x.* from generate_series(0, 5) n, generate_series(${dense + 1}, ${dense + sparse}) d
       cross join lateral (${row(`timestamptz '${hourAgo.toISOString()}' + n * interval '${EVERY_MS} ms'`, 'd', 'n')}) x`,
    ),
  );
  return (days * dense * (DAY / EVERY_MS) + 6 * sparse) * READINGS;
}

/** One more day, of messages that nobody asks for. */
export const seedDay = (db: TestDatabase, { dense }: Size, day: Date) =>
  db.database.system((tx) =>
    tx.execute(
      `${INTO} select x.* from generate_series(0, ${DAY / EVERY_MS - 1}) n, generate_series(1, ${dense}) d
       cross join lateral (${row(`timestamptz '${day.toISOString()}' + n * interval '${EVERY_MS} ms'`, 'd', 'n')}) x`,
    ),
  );

/** As the ingest would have marked them; of the dense devices `rolled` do, so that loading stays the longest part. */
export const markHours = (db: TestDatabase, { dense, sparse, days }: Size, rolled: number, now: Date) =>
  db.database.system((tx) =>
    tx.execute(
      `insert into rollup_dirty (device_key, bucket)
       select d, h from generate_series(1, ${rolled}) d,
         generate_series(timestamptz '${new Date(now.getTime() - days * DAY).toISOString()}', timestamptz '${now.toISOString()}' - interval '1 hour', '1 hour') h
       union all select d, timestamptz '${now.toISOString()}' - interval '1 hour'
       from generate_series(${dense + 1}, ${dense + sparse}) d`,
    ),
  );
