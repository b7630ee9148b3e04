import type { Tx } from '@muster/persistence/database';
import pg from 'pg';

/**
 * Runs `work` as the owner, in one transaction whose inserts are not checked against other tables: a million rows with
 * seven references each take minutes to check, and what is measured comes later.
 */
export async function seedFast<T>(ownerUrl: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = new pg.Client(ownerUrl);
  await client.connect();
  try {
    await client.query(`begin; set local session_replication_role = replica; set local synchronous_commit = off`);
    const query = async (sql: string, params?: readonly unknown[]) =>
      (await client.query(sql, params as unknown[] | undefined)).rows;
    const done = await work({ query, tenantId: null } as unknown as Tx);
    await client.query('commit');
    return done;
  } finally {
    await client.end();
  }
}
