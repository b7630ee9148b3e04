import { rollupStore } from '@muster/persistence/telemetry/rollup.store';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import pino from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TelemetryGauges } from './telemetry-gauges.js';

const HOUR = 3_600_000;
const now = Math.floor(Date.now() / HOUR) * HOUR + 60_000;
let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db?.drop());

test('a scrape says what waits to be rolled up and how far partitions reach', async () => {
  const metrics = new Registry();
  new TelemetryGauges(db.database, new FakeClock(new Date(now)), pino({ level: 'silent' }), metrics);
  const hours = [now, now - HOUR, now - 3 * HOUR].map((ms) => Math.floor(ms / HOUR) * HOUR);
  await db.database.system((tx) =>
    rollupStore.mark(
      tx,
      hours.map((bucket) => ({ deviceKey: 1, bucket })),
    ),
  );
  const scraped = await metrics.metrics();
  const value = (name: string) => Number(new RegExp(`^${name} (.+)$`, 'm').exec(scraped)?.[1]);
  expect(value('muster_rollup_hours_waiting')).toBe(2);
  expect(value('muster_rollup_oldest_seconds')).toBe(2 * 3_600 + 60);
  expect(value('muster_partition_days_ahead')).toBeGreaterThan(13);
  expect(value('muster_partition_bytes')).toBeGreaterThan(0);
});
