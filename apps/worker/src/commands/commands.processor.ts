import { Processor, WorkerHost } from '@nestjs/bullmq';
import type { Job } from 'bullmq';
import type { LetterJob } from '../outbox/routing.js';
import { Dispatcher } from './dispatcher.js';

/** Commands on their way. Every job decides afresh from the table, so doing one twice changes nothing. */
@Processor('commands', { concurrency: 8 })
export class CommandsProcessor extends WorkerHost {
  constructor(private readonly dispatcher: Dispatcher) {
    super();
  }

  async process(job: Job): Promise<unknown> {
    if (job.name === 'settle-due') return this.dispatcher.settleDue();
    const { tenantId, key, payload } = job.data as LetterJob;
    switch (job.name) {
      case 'dispatch':
      case 'deliver-pending':
        return this.dispatcher.settle(tenantId, key);
      case 'cancel':
        return this.dispatcher.cancel(tenantId, key, String(payload.commandId));
      default:
        throw new Error(`commands has no job ${job.name}`);
    }
  }
}
