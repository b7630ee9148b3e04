import { type OfferRow, offerStore } from '@muster/persistence/campaigns/offer.store';
import { recalledStore } from '@muster/persistence/campaigns/recalled.store';
import { Database } from '@muster/persistence/database';
import { Injectable } from '@nestjs/common';
import { Downlink } from '../gateway/downlink.publisher.js';
import { CommandRollout } from './command-rollout.js';
import { ConfigRollout } from './config-rollout.js';
import { ReleaseRollout } from './release-rollout.js';

/** States in which the device may not have heard of its offer yet. */
const unheard = new Set(['offered', 'accepted']);

/** Tells devices of their executions. The open offer lives in the database; what is lost on the way is told again. */
@Injectable()
export class Offers {
  constructor(
    private readonly database: Database,
    private readonly downlink: Downlink,
    private readonly releases: ReleaseRollout,
    private readonly configs: ConfigRollout,
    private readonly commands: CommandRollout,
  ) {}

  /** The offer a letter speaks of, unless it is no longer open. */
  async deliver(tenantId: string, executionId: string): Promise<void> {
    const [offer] = await this.database.tenant(tenantId, (tx) => offerStore.open(tx, { executionId }));
    if (offer !== undefined) await this.#send(tenantId, offer);
  }

  /** What a device that just connected may have missed. */
  async deliverPending(tenantId: string, deviceId: string): Promise<void> {
    const offers = await this.database.tenant(tenantId, (tx) => offerStore.open(tx, { deviceId }));
    for (const offer of offers) if (unheard.has(offer.state)) await this.#send(tenantId, offer);
    if (offers.length > 0) return;
    const recalled = await this.database.tenant(tenantId, (tx) => recalledStore.ofDevice(tx, deviceId));
    if (recalled !== null) await this.cancel(tenantId, recalled);
  }

  async cancel(tenantId: string, order: { executionId: string; campaignId: string; deviceId: string }): Promise<void> {
    const { executionId, campaignId, deviceId } = order;
    await this.downlink.publish(tenantId, deviceId, 'execution', {
      schemaVersion: 1,
      action: 'cancel',
      executionId,
      campaignId,
      attempt: 1,
      kind: 'release',
      rollback: false,
    });
  }

  async #send(tenantId: string, offer: OfferRow): Promise<void> {
    if (offer.kind === 'config') return this.configs.stage(tenantId, offer.deviceId);
    if (offer.kind === 'command') return this.commands.send(tenantId, offer);
    return this.releases.send(tenantId, offer);
  }
}
