import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue, Worker } from 'bullmq';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { roleUrls } from '../config/role-urls.js';
import { prepareDatabase } from '../database/prepare-database.js';
import { EmbeddedPostgres } from '../embedded/embedded-postgres.js';
import { openQueueConnection, workerPace } from './queue-connection.js';

let home: string;
let server: EmbeddedPostgres;
let databaseSystemUrl: string;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'muster-queues-'));
  chmodSync(home, 0o755);
  server = new EmbeddedPostgres({ folder: join(home, 'pg'), logFile: join(home, 'log'), password: 'secret' });
  await server.start();
  const ownerUrl = await server.ensureDatabase('queues');
  const urls = { ownerUrl, ...roleUrls(ownerUrl) };
  await prepareDatabase(urls);
  databaseSystemUrl = urls.systemUrl;
});
afterEach(async () => {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

test('queues go on after the database was killed and restarted, and still close', { timeout: 40_000 }, async () => {
  const troubles: Error[] = [];
  const names = ['one', 'two', 'three'];
  const queues = openQueueConnection(
    { databaseSystemUrl },
    { listeners: names.length, onError: (e) => troubles.push(e) },
  );
  const done: string[] = [];
  const workers = names.map((name) =>
    new Worker(name, async (job) => done.push(`${name} ${job.name}`), {
      connection: queues.connection,
      ...workerPace,
    }).on('error', () => {}),
  );
  const feeders = names.map((name) => new Queue(name, { connection: queues.connection }).on('error', () => {}));

  await Promise.all(feeders.map((queue) => queue.add('before', {})));
  await expect.poll(() => done).toHaveLength(3);
  process.kill(server.pid, 'SIGKILL');
  await expect.poll(() => server.alive).toBe(false);
  await server.start();
  await expect.poll(() => feeders[0]!.add('after', {}).catch(() => null), { timeout: 10_000 }).not.toBeNull();
  await Promise.all(feeders.slice(1).map((queue) => queue.add('after', {})));
  await expect.poll(() => new Set(done).size, { timeout: 10_000 }).toBe(6);

  const began = performance.now();
  await Promise.all([...workers, ...feeders].map((part) => part.close()));
  await queues.close();
  expect(performance.now() - began).toBeLessThan(2_000);
  expect(troubles.length).toBeGreaterThan(0);
});
