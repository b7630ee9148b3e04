import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schedules } from '../schedules/schedules.js';
import { type TestWorker, testWorker } from '../worker.harness.js';
import { Rounds } from './rounds.js';

let test: TestDatabase;
let worker: TestWorker;
beforeAll(async () => {
  test = await testDatabase();
  worker = await testWorker(test);
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await test.drop();
});

describe('the rounds over all campaigns', () => {
  const jobs = schedules.filter(({ queue }) => queue === 'campaigns').map(({ job }) => job);

  it.each(jobs)('%s is scheduled, and somebody does it', async (job) => {
    const round = worker.app.get(Rounds, { strict: false }).of(job);
    await expect(round?.()).resolves.toBe(undefined);
    expect(round).toBeDefined();
  });
});
