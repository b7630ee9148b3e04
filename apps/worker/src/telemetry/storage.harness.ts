import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '@muster/persistence/database';
import { DiskStorage } from '@muster/persistence/releases/artifact-storage/disk-storage';
import { ingestStore } from '@muster/persistence/telemetry/ingest.store';
import { tierStore } from '@muster/persistence/telemetry/tier.store';
import { createLogger } from '@muster/runtime/logging/logger';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { ArchiveFiles } from './archive-files.js';
import { Archiver } from './archiver.js';
import { Purger } from './purger.js';
import { Restorer } from './restorer.js';
import { Retention } from './retention.js';
import { StorageLock } from './storage-lock.js';

export const DAY_MS = 86_400_000;

export interface KnownArchive {
  readonly id: string;
  readonly state: string;
  readonly rows: number;
  readonly day: string;
  readonly sha256: string;
}

export interface StorageWorld extends AsyncDisposable {
  readonly test: TestDatabase;
  readonly clock: FakeClock;
  /** Keys of devices a, b and c of tenant north (c of class meter), and s of tenant south. */
  readonly keys: Readonly<Record<'a' | 'b' | 'c' | 's', number>>;
  readonly ids: Readonly<Record<'a' | 'b' | 'c' | 's', string>>;
  /** The parts at work, on this database or on one that fails. */
  on(database: Database): {
    retain(now?: Date): Promise<void>;
    settle(): Promise<void>;
    retention: Retention;
    files: ArchiveFiles;
  };
  query<R = Record<string, unknown>>(sql: string, params?: unknown[]): Promise<R[]>;
  /** Sets a policy; `warm` defaults to as long as raw messages are kept. */
  keep(tenant: string, name: string, rawDays: number, more?: { archive?: boolean; warm?: number }): Promise<unknown>;
  /** How many messages of a device lie in `messages`. */
  countBy(device: 'a' | 'b' | 'c' | 's'): Promise<number>;
  archivesOf(tenant: string): Promise<KnownArchive[]>;
  /** Tables that wait to be archived and dropped. */
  sources(): Promise<string[]>;
  /** Where files go. */
  readonly data: string;
  /** Stores `n` messages a device a minute apart from `at`, one in three with something unusual. */
  fill(at: Date, n: number): Promise<void>;
}

/** A database with two tenants, and everything that tends stored telemetry, on a clock of the test's own. */
export async function storageWorld(now = new Date()): Promise<StorageWorld> {
  const test = await testDatabase();
  const data = mkdtempSync(join(tmpdir(), 'muster-storage-'));
  const clock = new FakeClock(now);
  const logger = createLogger({ process: 'worker', level: 'fatal' });
  const ids = { a: randomUUID(), b: randomUUID(), c: randomUUID(), s: randomUUID() };
  const query = <R>(sql: string, params: unknown[] = []) => test.database.system((tx) => tx.query<R>(sql, params));
  await query(`insert into tenants (id, name) values ('north', 'North'), ('south', 'South')`);
  await query(
    `insert into device_classes (tenant_id, name) values ('north', 'gateway'), ('north', 'meter'), ('south', 'gateway')`,
  );
  for (const [name, id] of Object.entries(ids))
    await query(
      `insert into devices (tenant_id, id, name, serial, model, class, state) values ($1, $2, $3, $3, 'm', $4, 'active')`,
      [name === 's' ? 'south' : 'north', id, name, name === 'c' ? 'meter' : 'gateway'],
    );
  const found = await query<{ name: string; key: number }>('select name, device_key as key from devices');
  const keys = Object.fromEntries(found.map(({ name, key }) => [name, key])) as StorageWorld['keys'];
  await test.database.system(async (tx) => {
    for (const tenant of ['north', 'south'])
      await ingestStore.metricIds(tx, [
        { tenant, key: 'power' },
        { tenant, key: 'energy' },
      ]);
    await ingestStore.placeIds(tx, [{ tenant: 'north', deviceKey: keys.a, path: 'meter-1', asset: 'm1' }]);
  });

  return {
    test,
    clock,
    keys,
    ids,
    query,
    data,
    keep: (tenant, name, rawDays, more = {}) =>
      query(`insert into retention_policies values ($1, $2, $3, 900, $4, $5)`, [
        tenant,
        name,
        rawDays,
        more.warm ?? rawDays,
        more.archive ?? false,
      ]),
    countBy: async (device) => {
      const [row] = await query<{ n: number }>('select count(*) as n from messages where device_key = $1', [
        keys[device],
      ]);
      return row!.n;
    },
    archivesOf: (tenant) =>
      query<KnownArchive>(
        'select id, state, rows, day::text as day, sha256 from archives where tenant_id = $1 order by day, id',
        [tenant],
      ),
    sources: () => test.database.system((tx) => tierStore.sources(tx)),
    on: (database) => {
      const storage = new DiskStorage(join(data, 'artifacts'));
      const files = new ArchiveFiles(database, storage, { data });
      const archiver = new Archiver(database, files, clock, logger);
      const retention = new Retention(database, archiver, logger);
      const lock = new StorageLock(database);
      const purger = new Purger(database, files, clock, logger);
      const restorer = new Restorer(database, files, clock, logger);
      return {
        retention,
        files,
        retain: async (at = clock.now()) => {
          await lock.hold(async (session) => {
            await retention.run(session, at);
          });
        },
        settle: async () => {
          await lock.hold(async (session) => {
            await purger.runAll(session);
            await restorer.settleDue();
          });
        },
      };
    },
    fill: async (at, n) => {
      await query(
        `insert into messages (device_key, produced_at, seq_no, kind, place_id, received_at, schema_version, flags,
           dt_ms, metric, value, extra, quality)
         select d.device_key, $1::timestamptz + i * interval '1 minute', extract(epoch from $1::timestamptz) + i, 2,
           case when i % 3 = 0 then (select id from places p where p.device_key = d.device_key) end,
           $1::timestamptz + i * interval '1 minute', 1, i % 8, '{0,-500}',
           array(select id from metrics m where m.tenant_id = d.tenant_id order by key),
           array[i * 1.5, case when i % 3 = 1 then 'NaN' else -i::float8 / 3 end],
           case when i % 3 = 2 then '{"note": "ü \\"x\\"", "n": 1.50}'::jsonb end,
           case when i % 3 = 1 then '{0,2}'::smallint[] end
         from devices d, generate_series(0, $2::int - 1) i`,
        [at, n],
      );
    },
    [Symbol.asyncDispose]: async () => {
      await test.drop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Dies in the `nth` transaction: before it, or after its commit and before anybody knows. */
export const deadlyDatabase = (database: Database, nth: number, when: 'before' | 'after') => {
  let calls = 0;
  const deadly = new Proxy(database, {
    get(target, name) {
      if (name !== 'system') return (Reflect.get(target, name) as (...args: unknown[]) => unknown).bind(target);
      return async (work: Parameters<Database['system']>[0]) => {
        calls++;
        if (calls > nth || (calls === nth && when === 'before')) throw new Error('killed');
        const result = await target.system(work);
        if (calls === nth) throw new Error('killed');
        return result;
      };
    },
  });
  return { database: deadly, reached: () => calls >= nth };
};

/** All messages by what they are to the outside, but for where they lie. */
export const everything = (world: StorageWorld) =>
  world.query(
    `select device_key, produced_at, seq_no, kind, place_id, received_at, schema_version, corrected_at, flags,
       dt_ms, metric, value, extra, quality from messages order by device_key, produced_at, seq_no`,
  );
