import { type ConnectionOptions, createPostgresBackend, setDefaultBackendFactory } from 'bullmq';
import pg from 'pg';
import type { Settings } from '../config/settings.js';

export interface QueueConnection {
  /** For `BullModule.forRoot({ connection })` or any BullMQ class. */
  readonly connection: ConnectionOptions;
  close(): Promise<void>;
}

export interface QueueNeeds {
  /** Workers and QueueEvents of this process: each keeps one connection of the pool for LISTEN. */
  readonly listeners: number;
  readonly onError: (error: Error) => void;
}

/**
 * How soon a worker asks again after its connection failed, in milliseconds. BullMQ's own 15 seconds keep work waiting
 * that long after every database restart, and a stop as well.
 */
export const workerPace = { runRetryDelay: 500 } as const;

/** Room for commands beside the listeners; fewer and workers wait for each other. */
const spare = 8;

/**
 * Where BullMQ keeps its jobs: Redis when `redisUrl` is set, PostgreSQL otherwise. Must be called before the first
 * queue is made. On PostgreSQL all queues of the process share one pool: BullMQ given a plain URL would open a pool
 * and a LISTEN connection for every queue and worker (six of each held 30 connections).
 */
export function openQueueConnection(
  settings: Pick<Settings, 'redisUrl' | 'databaseSystemUrl'>,
  { listeners, onError }: QueueNeeds,
): QueueConnection {
  if (settings.redisUrl) {
    setDefaultBackendFactory(undefined);
    // A command that finds Redis away fails at the next vain attempt instead of waiting for its return: the relay adds
    // jobs inside a transaction, which must not stay open as long. BullMQ lets only its blocking connections wait.
    const connection = {
      url: settings.redisUrl,
      maxRetriesPerRequest: 0,
      retryStrategy: () => workerPace.runRetryDelay,
    };
    return { connection, close: async () => {} };
  }
  setDefaultBackendFactory(createPostgresBackend);
  const pool = new pg.Pool({
    connectionString: settings.databaseSystemUrl,
    options: '-c search_path=bullmq',
    application_name: 'muster-queues',
    max: listeners + spare,
    keepAlive: true,
  });
  // Every queue and worker adds a listener of its own.
  pool.setMaxListeners(0);
  pool.on('error', onError);
  return { connection: pool as unknown as ConnectionOptions, close: () => pool.end() };
}
