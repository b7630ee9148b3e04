import 'reflect-metadata';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { migrations } from './migrations/all.js';
import { ensureRoles, type RolePasswords } from './roles.js';
import { partitionStore } from './telemetry/partition.store.js';
import { hourlyRollups, rawMessages } from './telemetry/partitioned.js';

/**
 * Brings the database at `ownerUrl` to the newest schema: roles (created or given these passwords), migrations each in
 * its own transaction, and partitions around `now`. Repeatable; two at once wait for each other.
 * The owner must be able to create roles with BYPASSRLS, which on PostgreSQL 15 only a superuser is.
 */
export async function migrate(ownerUrl: string, passwords: RolePasswords, now: Date = new Date()): Promise<void> {
  const guard = new pg.Client({ connectionString: ownerUrl, application_name: 'muster-migrate' });
  await guard.connect();
  try {
    await guard.query(`select pg_advisory_lock(hashtext('muster.migrate'))`);
    await ensureRoles(guard, passwords);
    const source = await migrationSource(ownerUrl).initialize();
    try {
      await source.runMigrations({ transaction: 'each' });
    } finally {
      await source.destroy();
    }
    await makePartitions(guard, now);
  } finally {
    await guard.end();
  }
}

/** As the role that maintains them later: only the owner of a table may detach it. */
async function makePartitions(client: pg.Client, now: Date): Promise<void> {
  const query = async <R>(sql: string): Promise<R[]> => (await client.query(sql)).rows as R[];
  await client.query('begin');
  await client.query('set local role muster_system');
  for (const table of [rawMessages, hourlyRollups]) await partitionStore.extend({ query }, now, table);
  await client.query('commit');
}

/** Undoes the newest `steps` migrations. */
export async function migrateBack(ownerUrl: string, steps: number): Promise<void> {
  const source = await migrationSource(ownerUrl).initialize();
  try {
    for (let step = 0; step < steps; step++) await source.undoLastMigration({ transaction: 'each' });
  } finally {
    await source.destroy();
  }
}

const migrationSource = (url: string): DataSource =>
  new DataSource({ type: 'postgres', url, migrations, installExtensions: false, applicationName: 'muster-migrate' });
