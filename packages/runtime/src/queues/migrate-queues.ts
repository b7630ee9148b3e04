import { runMigrations } from 'bullmq';
import pg from 'pg';

/** Brings the job queues' own schema (`bullmq`) up to date and lets the system role work in it. Owner URL; repeat-safe. */
export async function migrateQueues(ownerUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await runMigrations(client);
    // BullMQ makes a sequence of its own for every queue when it is first used.
    await client.query(`
      grant usage, create on schema bullmq to muster_system;
      grant select, insert, update, delete on all tables in schema bullmq to muster_system;
      grant usage, select on all sequences in schema bullmq to muster_system;
      grant execute on all functions in schema bullmq to muster_system`);
  } finally {
    await client.end();
  }
}
