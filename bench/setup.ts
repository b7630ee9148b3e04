import { startTestCluster } from '@muster/testkit/cluster';
import pg from 'pg';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The server's version, and whether a commit waits for its disk. */
    readonly postgresFacts: string;
  }
}

/** As the tests' cluster, but with fsync and synchronous commit as in production. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { cluster, stop } = await startTestCluster({ durable: true });
  project.provide('postgres', cluster);
  const client = new pg.Client(cluster.adminUrl);
  await client.connect();
  const { rows } = await client.query<{ facts: string }>(
    `select 'PostgreSQL ' || current_setting('server_version') || ', fsync ' || current_setting('fsync')
       || ', synchronous_commit ' || current_setting('synchronous_commit') as facts`,
  );
  await client.end();
  project.provide('postgresFacts', rows[0]!.facts);
  return stop;
}
