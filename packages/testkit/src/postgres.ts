import { randomBytes } from 'node:crypto';
import { Database } from '@muster/persistence/database';
import pg from 'pg';
import { inject } from 'vitest';
import type { TestCluster } from './cluster.js';
import './global-setup.js';

export interface TestDatabase extends AsyncDisposable {
  readonly name: string;
  /** Superuser: bypasses row-level security, for arranging and inspecting only. */
  readonly ownerUrl: string;
  /** The application role, bound by row-level security. */
  readonly appUrl: string;
  /** The role that sees every tenant. */
  readonly systemUrl: string;
  readonly database: Database;
  /** Closes the connections and drops the database. */
  drop(): Promise<void>;
}

/** A fresh, fully migrated database of this spec file's own (about 50 ms). Drop it in `afterAll`. */
export async function testDatabase(): Promise<TestDatabase> {
  return cloneDatabase(inject('postgres'));
}

/** As `testDatabase`, for callers outside a spec file such as benchmarks. */
export async function cloneDatabase(cluster: TestCluster): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await admin(cluster, `create database ${name} template ${cluster.template} strategy wal_log`);
  const as = (user: string, password: string) => {
    const url = new URL(cluster.adminUrl);
    url.pathname = `/${name}`;
    url.username = user;
    url.password = password;
    return url.toString();
  };
  const { username, password } = new URL(cluster.adminUrl);
  const ownerUrl = as(username, password);
  const appUrl = as('muster_app', cluster.passwords.app);
  const systemUrl = as('muster_system', cluster.passwords.system);
  const database = await Database.connect({ appUrl, systemUrl, poolMax: 5 });
  const drop = async () => {
    await database.close();
    await admin(cluster, `drop database if exists ${name} with (force)`);
  };
  return { name, ownerUrl, appUrl, systemUrl, database, drop, [Symbol.asyncDispose]: drop };
}

async function admin(cluster: TestCluster, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: cluster.adminUrl });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
