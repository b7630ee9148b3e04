import { Processor, WorkerHost } from '@nestjs/bullmq';
import type { Job } from 'bullmq';
import { DeltaBuilder } from './delta-builder.js';

/** Jobs of the releases queue. One at a time: a build takes memory by the size of its artifacts. */
@Processor('releases', { concurrency: 1 })
export class ReleasesProcessor extends WorkerHost {
  constructor(private readonly deltas: DeltaBuilder) {
    super();
  }

  async process(job: Job): Promise<void> {
    if (job.name === 'build-deltas') return this.deltas.buildAll();
    throw new Error(`releases has no job ${job.name}`);
  }
}
