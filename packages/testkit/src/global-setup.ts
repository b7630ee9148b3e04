import type { TestProject } from 'vitest/node';
import { startTestCluster, type TestCluster } from './cluster.js';

declare module 'vitest' {
  interface ProvidedContext {
    postgres: TestCluster;
  }
}

/** One cluster for the whole test run; spec files clone its template through `testDatabase`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { cluster, stop } = await startTestCluster();
  project.provide('postgres', cluster);
  return stop;
}
