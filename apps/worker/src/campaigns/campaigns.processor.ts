import { Processor, WorkerHost } from '@nestjs/bullmq';
import type { Job } from 'bullmq';
import type { LetterJob } from '../outbox/routing.js';
import { CommandRollout } from './command-rollout.js';
import { ConfigRollout } from './config-rollout.js';
import { Offers } from './offers.js';
import { Regressions } from './regressions.js';
import { Rounds } from './rounds.js';

interface OrderLetter {
  readonly executionId: string;
  readonly campaignId: string;
  readonly deviceId: string;
}

/** Jobs of the campaigns queue. Many at once: a device that is slow to take its offer must not delay the others. */
@Processor('campaigns', { concurrency: 32 })
export class CampaignsProcessor extends WorkerHost {
  constructor(
    private readonly rounds: Rounds,
    private readonly offers: Offers,
    private readonly regressions: Regressions,
    private readonly configs: ConfigRollout,
    private readonly commands: CommandRollout,
  ) {
    super();
  }

  async process(job: Job): Promise<void> {
    const round = this.rounds.of(job.name);
    if (round !== undefined) return round();
    const { tenantId, payload, type } = job.data as LetterJob;
    switch (job.name) {
      case 'tick-campaign':
        return this.rounds.tick(tenantId, (payload as { campaignId: string }).campaignId);
      case 'deliver-offer':
        return type === 'device.connected'
          ? this.offers.deliverPending(tenantId, (payload as { deviceId: string }).deviceId)
          : this.offers.deliver(tenantId, (payload as unknown as OrderLetter).executionId);
      case 'deliver-cancel':
        return this.offers.cancel(tenantId, payload as unknown as OrderLetter);
      case 'follow-command':
        return this.commands.follow(tenantId, (payload as { commandId: string }).commandId);
      case 'follow-twin':
        return this.configs.follow(tenantId, (payload as { deviceId: string }).deviceId);
      case 'check-version':
        return this.regressions.check(tenantId, (payload as { deviceId: string }).deviceId);
      default:
        throw new Error(`campaigns has no job ${job.name}`);
    }
  }
}
