import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { getQueueToken } from '@nestjs/bullmq';
import { type BeforeApplicationShutdown, Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Queue } from 'bullmq';
import { Relay } from '../outbox/relay.js';
import { type QueueName, queues } from '../outbox/routing.js';
import { schedules } from './schedules.js';

const LOOK_MS = 5_000;

/**
 * Writes the list into the queues at start: new ones are added, changed ones changed, and those no longer listed removed.
 * Queues that know no schedule at all are new or have lost everything, as a Redis does that was restarted without a disk:
 * they get the schedules and the jobs of the latest letters, at start and whenever it happens.
 */
@Module({})
export class SchedulesModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #look: Promise<void> | null = null;

  constructor(
    private readonly modules: ModuleRef,
    private readonly relay: Relay,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.#fillWhenEmpty();
    await this.#write();
    this.#timer = setInterval(() => {
      this.#look ??= this.#fillWhenEmpty()
        .catch((error: unknown) => this.logger.warn({ err: error }, 'the queues could not be looked at'))
        .finally(() => {
          this.#look = null;
        });
    }, LOOK_MS);
  }

  /** Before the queues close: a question to a closed queue is never answered. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#look;
  }

  /** Jobs before schedules: after a crash between the two, the queues still look empty. */
  async #fillWhenEmpty(): Promise<void> {
    if ((await this.#queue('outbox').getJobSchedulersCount()) > 0) return;
    const letters = await this.relay.repeat();
    // A new installation has sent none yet: its queues have lost nothing.
    if (letters > 0)
      this.logger.warn({ letters }, 'the queues were empty: the jobs of the latest letters were made again');
    await this.#write();
  }

  async #write(): Promise<void> {
    for (const name of queues) {
      const queue = this.#queue(name);
      const wanted = schedules.filter((schedule) => schedule.queue === name);
      for (const { job, everyMs } of wanted) {
        const opts = { removeOnComplete: true, removeOnFail: { count: 100 } };
        await queue.upsertJobScheduler(job, { every: everyMs }, { name: job, data: {}, opts });
      }
      const known = await queue.getJobSchedulers();
      for (const { key } of known) if (!wanted.some(({ job }) => job === key)) await queue.removeJobScheduler(key);
    }
  }

  #queue(name: QueueName): Queue {
    return this.modules.get<Queue>(getQueueToken(name), { strict: false });
  }
}
