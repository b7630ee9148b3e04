import type { EventEmitter } from 'node:events';
import { BullModule, WorkerHost } from '@nestjs/bullmq';
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { Queue, QueueEvents, Worker } from 'bullmq';
import type { Logger } from '../logging/logger.js';
import { type QueueConnection, workerPace } from './queue-connection.js';
import { TroubleLog } from './trouble-log.js';

/** Token of the logger that hears what goes wrong in queues. */
const QUEUE_LOGGER = Symbol('queue logger');

/** Finished jobs are kept for a day at most, failed ones for a week: they are for looking at, the truth is in tables. */
const defaultJobOptions = {
  removeOnComplete: { age: 86_400, count: 1_000 },
  removeOnFail: { age: 604_800, count: 5_000 },
};

/**
 * Connects `@nestjs/bullmq` for a whole process. An `error` event without a listener ends a Node process, and BullMQ
 * emits one for every hiccup of its connection, so every queue and worker found gets one.
 */
@Module({})
export class QueuesModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #troubles: TroubleLog;

  constructor(
    private readonly discovery: DiscoveryService,
    @Inject(QUEUE_LOGGER) private readonly logger: Logger,
  ) {
    this.#troubles = new TroubleLog(logger, performance);
  }

  static forProcess(queues: QueueConnection, logger: Logger): DynamicModule {
    return {
      module: QueuesModule,
      global: true,
      imports: [DiscoveryModule, BullModule.forRoot({ connection: queues.connection, defaultJobOptions })],
      providers: [{ provide: QUEUE_LOGGER, useValue: logger }],
    };
  }

  onApplicationBootstrap(): void {
    for (const worker of this.#workers()) this.#listenTo(worker);
    for (const { instance } of this.discovery.getProviders()) {
      if (instance instanceof Queue || instance instanceof QueueEvents) this.#listenTo(instance);
    }
  }

  /** Jobs end while the queues they may add to are still open. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.#workers().map((worker) => worker.close()));
  }

  #workers(): Worker[] {
    return this.discovery
      .getProviders()
      .flatMap(({ instance }) => (instance instanceof WorkerHost ? [instance.worker] : []));
  }

  #listenTo(source: Queue | QueueEvents | Worker): void {
    const emitter: EventEmitter = source;
    emitter.on('error', (error: Error) => this.#troubles.note(source.name, error));
    if (!(source instanceof Worker)) return;
    Object.assign(source.opts, workerPace);
    source.on('failed', (job, error) => {
      const about = { err: error, queue: source.name, job: job?.name, jobId: job?.id };
      this.logger.error(about, 'job failed');
    });
  }
}
