import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject } from '@nestjs/common';
import type { Job } from 'bullmq';
import { Purger } from './purger.js';
import { Restorer } from './restorer.js';
import { Retention } from './retention.js';
import { StorageLock } from './storage-lock.js';

/** What takes long with stored telemetry, on a queue of its own so that rollups never wait for it. */
@Processor('storage', { concurrency: 1 })
export class StorageProcessor extends WorkerHost {
  constructor(
    private readonly lock: StorageLock,
    private readonly retention: Retention,
    private readonly restorer: Restorer,
    private readonly purger: Purger,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super();
  }

  /** Someone else's turn now is no trouble: both jobs come again, and find what is left to do. */
  async process(job: Job): Promise<unknown> {
    switch (job.name) {
      case 'settle-storage':
        return this.lock.hold(async (session) => {
          await this.purger.runAll(session);
          await this.restorer.settleDue();
        });
      case 'retain':
        return this.lock.hold(async (session) => {
          await this.retention.run(session, this.clock.now());
        });
      default:
        throw new Error(`storage has no job ${job.name}`);
    }
  }
}
