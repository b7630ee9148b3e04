import { Processor, WorkerHost } from '@nestjs/bullmq';
import type { Job } from 'bullmq';
import type { LetterJob } from '../outbox/routing.js';
import { Presence } from './presence.js';
import { StateFollower } from './state-follower.js';

/** What happens to devices later. Every job reads the truth afresh, so doing one twice changes nothing. */
@Processor('devices', { concurrency: 4 })
export class DevicesProcessor extends WorkerHost {
  constructor(
    private readonly presence: Presence,
    private readonly follower: StateFollower,
  ) {
    super();
  }

  async process(job: Job<LetterJob | Record<string, never>>): Promise<unknown> {
    switch (job.name) {
      case 'judge-presence':
        return this.presence.sweep('key' in job.data ? [job.data.key] : null);
      case 'follow-state':
        return this.follower.follow((job.data as LetterJob).tenantId, (job.data as LetterJob).key);
      default:
        throw new Error(`devices has no job ${job.name}`);
    }
  }
}
