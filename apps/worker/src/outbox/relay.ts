import { Database } from '@muster/persistence/database';
import { type Letter, outbox } from '@muster/persistence/outbox/outbox.store';
import { untilCommitted } from '@muster/persistence/until-committed';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { getQueueToken } from '@nestjs/bullmq';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Queue } from 'bullmq';
import { type LetterJob, type QueueName, type Route, routing } from './routing.js';

const MOST = 500;

/**
 * Carries letters from committed transactions to queues and listeners. Only one relay works at a time; the others wait
 * for its lock. Jobs are added before the positions are committed, under ids made from the letter: after a crash between
 * the two the same jobs are added again, and consumers apply a letter once.
 */
@Injectable()
export class Relay implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #running: Promise<void> | null = null;
  #again = false;
  #closed = false;
  #stopListening: () => Promise<void> = async () => {};

  constructor(
    private readonly database: Database,
    private readonly modules: ModuleRef,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#stopListening = await this.database.listen('muster_outbox_dropped', () => void this.run());
    void this.run();
  }

  /** Before the queues close: what is added to a closed queue neither succeeds nor fails, and waits for ever. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#closed = true;
    await this.#stopListening();
    await this.#running;
  }

  /** Relays until nothing is left. Calls while it works make it look once more. */
  run(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#work().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /**
   * Makes the jobs of the latest letters once more, for queues that lost everything. Which of them were done is not known
   * any more; doing a job twice changes nothing. Positions stay. Returns how many letters these were.
   */
  async repeat(): Promise<number> {
    let position = 0;
    let repeated = 0;
    for (let full = true; full && !this.#closed; ) {
      const letters = await this.database.system((tx) => outbox.lately(tx, position, MOST));
      await this.#enqueue(letters);
      position = letters.at(-1)?.position ?? position;
      full = letters.length === MOST;
      repeated += letters.length;
    }
    return repeated;
  }

  async #work(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      const relayed = await untilCommitted(() => this.#pass(), this.logger).catch((error: unknown) => {
        this.logger.error({ err: error }, 'letters could not be relayed');
        return 0;
      });
      if (relayed === MOST) this.#again = true;
    }
  }

  #pass(): Promise<number> {
    return this.database.system(async (tx) => {
      const letters = await outbox.place(tx, MOST);
      if (letters === null || letters.length === 0) return 0;
      await this.#enqueue(letters);
      await outbox.announce(tx, letters.at(-1)!.position);
      return letters.length;
    });
  }

  async #enqueue(letters: readonly Letter[]): Promise<void> {
    const jobs = new Map<QueueName, ReturnType<typeof jobOf>[]>();
    for (const letter of letters) {
      for (const route of (routing as Record<string, readonly Route[] | undefined>)[letter.type] ?? []) {
        const list = jobs.get(route.queue) ?? [];
        list.push(jobOf(letter, route));
        jobs.set(route.queue, list);
      }
    }
    await Promise.all(
      [...jobs].map(([queue, list]) =>
        this.modules.get<Queue<LetterJob>>(getQueueToken(queue), { strict: false }).addBulk(list),
      ),
    );
  }
}

const jobOf = ({ createdAt: _, ...data }: Letter, { queue, job, priority }: Route) => ({
  name: job,
  data,
  opts: {
    jobId: `${data.id}.${queue}.${job}`,
    attempts: 20,
    ...(priority === undefined ? {} : { priority }),
    backoff: { type: 'exponential' as const, delay: 250 },
  },
});
