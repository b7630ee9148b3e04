import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import type { Job } from 'bullmq';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Replay } from './replay.js';
import { TelemetryProcessor } from './telemetry.processor.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

it('has one rollup under way at most, so that the next minutes do not take every place of the queue', async () => {
  const processor = new TelemetryProcessor(db.database, {} as Replay, new FakeClock(new Date()));
  const rollUp = () => processor.process({ name: 'roll-up' } as Job);
  const done: unknown[] = [];
  const first = await db.database.system(async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(hashtext('muster.rollup'))`);
    const waiting = rollUp().then((result) => done.push(result));
    expect(await rollUp()).toEqual({ hours: 0, days: 0 });
    expect(done).toEqual([]);
    return { waiting };
  });
  await first.waiting;
  expect(await rollUp()).toEqual({ hours: 0, days: 0 });
  expect(done).toHaveLength(1);
});
