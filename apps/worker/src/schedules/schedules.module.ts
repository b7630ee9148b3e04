import { getQueueToken } from '@nestjs/bullmq';
import { Module, type OnApplicationBootstrap } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Queue } from 'bullmq';
import { queues } from '../outbox/routing.js';
import { schedules } from './schedules.js';

/** Writes the list into the queues at start: new ones are added, changed ones changed, and those no longer listed removed. */
@Module({})
export class SchedulesModule implements OnApplicationBootstrap {
  constructor(private readonly modules: ModuleRef) {}

  async onApplicationBootstrap(): Promise<void> {
    for (const name of queues) {
      const queue = this.modules.get<Queue>(getQueueToken(name), { strict: false });
      const wanted = schedules.filter((schedule) => schedule.queue === name);
      for (const { job, everyMs } of wanted) {
        const opts = { removeOnComplete: true, removeOnFail: { count: 100 } };
        await queue.upsertJobScheduler(job, { every: everyMs }, { name: job, data: {}, opts });
      }
      const known = await queue.getJobSchedulers();
      for (const { key } of known) if (!wanted.some(({ job }) => job === key)) await queue.removeJobScheduler(key);
    }
  }
}
