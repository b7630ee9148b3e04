import { Processor, WorkerHost } from '@nestjs/bullmq';
import type { Job } from 'bullmq';
import { DesiredDelivery } from '../devices/desired-delivery.js';
import type { LetterJob } from '../outbox/routing.js';
import { DriftSweep } from './drift-sweep.js';
import { Remedy } from './remedy.js';
import { Renderer } from './renderer.js';

/** What happens to configs later. Every job reads the truth afresh, so doing one twice changes nothing. */
@Processor('configs', { concurrency: 8 })
export class ConfigsProcessor extends WorkerHost {
  constructor(
    private readonly renderer: Renderer,
    private readonly delivery: DesiredDelivery,
    private readonly remedy: Remedy,
    private readonly sweep: DriftSweep,
  ) {
    super();
  }

  async process(job: Job): Promise<unknown> {
    if (job.name === 'judge-drift') return this.sweep.run();
    const { tenantId, key, payload } = job.data as LetterJob;
    switch (job.name) {
      case 'render':
        return this.renderer.renderMembers(tenantId, key);
      case 'render-all':
        // A draft reaches nobody; a new selector also concerns the devices it no longer matches.
        return payload.members === true ? this.#renderAll(tenantId, key) : 0;
      case 'render-device':
        return this.renderer.renderDevice(tenantId, key);
      case 'deliver-desired':
        // A device that was edited while it was away has nothing new to get, and may have something to put back.
        return (await this.delivery.deliver(tenantId, key)) || this.remedy.cure(tenantId, key);
      case 'remediate':
        return this.remedy.cure(tenantId, key);
      default:
        throw new Error(`configs has no job ${job.name}`);
    }
  }

  async #renderAll(tenantId: string, configId: string): Promise<number> {
    const changed = await this.renderer.render(tenantId, {}, configId);
    // The policy may be new, and what drifted under the old one was only reported.
    await this.remedy.cureMembers(tenantId, configId);
    return changed;
  }
}
