import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Redis, startRedis } from '@muster/testkit/redis';
import { type Job, Queue, Worker } from 'bullmq';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openQueueConnection, workerPace } from './queue-connection.js';

let home: string;
let redis: Redis;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'muster-redis-'));
  redis = await startRedis(home);
});
afterEach(async () => {
  await redis.stop();
  rmSync(home, { recursive: true, force: true });
});

test('a Redis that dies refuses jobs at once and takes them again when it is back', async () => {
  const settings = { redisUrl: redis.url, databaseSystemUrl: '' };
  const { connection, close } = openQueueConnection(settings, { listeners: 1, onError: () => {} });
  const done: string[] = [];
  const work = async (job: Job) => done.push(job.name);
  const worker = new Worker('one', work, { connection, ...workerPace }).on('error', () => {});
  const queue = new Queue('one', { connection }).on('error', () => {});
  await queue.add('before', {});
  await expect.poll(() => done).toEqual(['before']);

  await redis.kill();
  const began = performance.now();
  await expect(queue.add('lost', {})).rejects.toThrow();
  expect(performance.now() - began).toBeLessThan(2_000);

  await redis.start();
  await expect.poll(() => queue.add('after', {}).catch(() => null), { timeout: 5_000 }).not.toBeNull();
  await expect.poll(() => done, { timeout: 5_000 }).toEqual(['before', 'after']);

  await Promise.all([worker.close(), queue.close()]);
  await close();
});
