import { startTestCluster } from '@muster/testkit/cluster';
import type { TestProject } from 'vitest/node';

/** As the tests' cluster, but with fsync and synchronous commit as in production. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { cluster, stop } = await startTestCluster({ durable: true });
  project.provide('postgres', cluster);
  return stop;
}
