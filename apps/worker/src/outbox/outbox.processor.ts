import { Database } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject } from '@nestjs/common';
import type { Job } from 'bullmq';
import { Relay } from './relay.js';

const DAY_MS = 86_400_000;
/** A console that was away longer reads everything afresh. */
const KEEP_DAYS = 7;

/** Looks for letters whose wake-up was lost, and forgets old ones. */
@Processor('outbox')
export class OutboxProcessor extends WorkerHost {
  constructor(
    private readonly relay: Relay,
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super();
  }

  async process(job: Job): Promise<unknown> {
    if (job.name === 'sweep') return this.relay.run();
    const before = new Date(this.clock.now().getTime() - KEEP_DAYS * DAY_MS);
    return this.database.system((tx) => outbox.forget(tx, before));
  }
}
