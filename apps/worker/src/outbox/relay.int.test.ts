import { outbox } from '@muster/persistence/outbox/outbox.store';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { getQueueToken } from '@nestjs/bullmq';
import type { Queue } from 'bullmq';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestWorker, testWorker } from '../worker.harness.js';
import { Relay } from './relay.js';
import { queues } from './routing.js';

let test: TestDatabase;
let worker: TestWorker;

beforeAll(async () => {
  test = await testDatabase();
  await test.database.system((tx) => tx.query(`insert into tenants (id, name) values ('north', 'North')`));
  worker = await testWorker(test);
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await test.drop();
});

const drop = (n: number, type = 'release.changed') =>
  test.database.tenant('north', (tx) =>
    outbox.dropAll(
      tx,
      Array.from({ length: n }, (_, i) => ({ tenantId: 'north', type, key: `k${i}`, payload: { i } })),
    ),
  );
const backlog = () => test.database.system(async (tx) => (await outbox.backlog(tx)).waiting);

describe('the relay', () => {
  it('gives every letter a position, in order and without a gap that hides one', async () => {
    const before = await test.database.system((tx) => outbox.head(tx));
    const ids = (await Promise.all([drop(700), drop(400), drop(100)])).flat();
    await assertEventually(async () => expect(await backlog()).toBe(0));
    const letters = await test.database.tenant('north', (tx) => outbox.after(tx, before, 5_000));
    expect(new Set(letters.map(({ id }) => id))).toEqual(new Set(ids));
    const positions = letters.map(({ position }) => position);
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    expect(new Set(positions).size).toBe(ids.length);
  });

  it('tells listeners', async () => {
    const heard: number[] = [];
    const stop = await test.database.listen('muster_outbox', (position) => heard.push(Number(position)));
    await drop(1);
    await assertEventually(async () => expect(heard.at(-1)).toBe(await test.database.system((tx) => outbox.head(tx))));
    await stop();
  });

  it('makes the job of a letter once, though it is relayed again after a crash before its commit', async () => {
    const queue = worker.app.get<Queue>(getQueueToken('telemetry'), { strict: false });
    const [id] = await drop(1, 'dead_letter.replay_requested');
    await assertEventually(async () => expect(await backlog()).toBe(0));
    await test.database.system((tx) =>
      tx.query('update outbox set position = null, relayed_at = null where id = $1', [id]),
    );
    await worker.app.get(Relay, { strict: false }).run();
    await assertEventually(async () => expect(await backlog()).toBe(0));
    const jobs = await queue.getJobs(['waiting', 'active', 'completed', 'failed', 'delayed']);
    expect(jobs.filter((job) => job.id === `${id}.telemetry.replay`)).toHaveLength(1);
  });

  it('makes the jobs of the latest letters again when the queues have lost everything', async () => {
    const queue = (name: string) => worker.app.get<Queue>(getQueueToken(name), { strict: false });
    const [id] = await drop(1, 'dead_letter.replay_requested');
    const job = `${id}.telemetry.replay`;
    await assertEventually(async () => expect(await queue('telemetry').getJob(job)).toBeDefined());
    const position = await test.database.system((tx) => outbox.head(tx));
    for (const name of queues) await queue(name).obliterate({ force: true });
    expect(await queue('telemetry').getJob(job)).toBeUndefined();
    await assertEventually(async () => expect(await queue('telemetry').getJob(job)).toBeDefined());
    await assertEventually(async () => expect(await queue('outbox').getJobSchedulersCount()).toBeGreaterThan(0));
    expect(await test.database.system((tx) => outbox.head(tx))).toBe(position);
  });

  it('goes on after its connections were cut', async () => {
    const owner = new pg.Client({ connectionString: test.ownerUrl });
    await owner.connect();
    await owner.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await owner.end();
    // Our own pool may hold connections that were cut, too.
    await assertEventually(() => drop(1));
    await assertEventually(async () => expect(await backlog()).toBe(0));
  });
});
