import { collectDefaultMetrics, Registry } from 'prom-client';

/** The process's own registry, with the default process metrics; every series carries the process's name. */
export function createMetrics(process: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Nest injection token of the process's metrics registry. */
export const METRICS = Symbol('metrics');
