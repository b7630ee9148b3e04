import { nextDelivery } from '@muster/domain/notifications/next-delivery';
import { Database } from '@muster/persistence/database';
import { type DeliveryOutcome, type DueDelivery, webhookStore } from '@muster/persistence/notifications/webhook.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { SETTINGS, type Settings } from '@muster/runtime/config/settings';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { Inject, Injectable } from '@nestjs/common';
import { publicPost } from './public-post.js';
import { signWebhook } from './sign-webhook.js';

const AT_ONCE = 20;
/** Longer than an attempt may take, so that no attempt is made twice at the same time. */
const LEASE_MS = 60_000;

/** Carries letters to webhooks. At least once: a worker that dies in an attempt is followed by another attempt. */
@Injectable()
export class WebhookCourier {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Pick<Settings, 'webhookPrivate'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Makes every attempt that is due; returns how many were made. */
  async deliverDue(): Promise<number> {
    let made = 0;
    for (;;) {
      const due = await this.database.system((tx) => webhookStore.claimDue(tx, this.clock.now(), LEASE_MS, AT_ONCE));
      await Promise.all(due.map((delivery) => this.attempt(delivery)));
      made += due.length;
      if (due.length < AT_ONCE) return made;
    }
  }

  private async attempt(delivery: DueDelivery): Promise<void> {
    const { status, error } = await this.post(delivery);
    const verdict = nextDelivery(status, delivery.attempts, Math.random());
    const now = this.clock.now();
    const outcome: DeliveryOutcome =
      verdict.kind === 'delivered'
        ? { state: 'delivered', status: status! }
        : verdict.kind === 'failed' || delivery.payload === null
          ? { state: 'failed', status, error }
          : { state: 'pending', status, error, nextAt: new Date(now.getTime() + verdict.afterMs) };
    const { tenantId, webhookId, letterId, attempts } = delivery;
    if (outcome.state !== 'delivered') {
      this.logger.warn({ tenantId, webhookId, letterId, attempts, status, error }, 'webhook was not delivered');
    }
    await this.database.system(async (tx) => {
      await webhookStore.settle(tx, delivery, outcome);
      if (verdict.kind === 'failed' && verdict.disable) await webhookStore.disable(tx, tenantId, webhookId, now);
    });
  }

  private async post(delivery: DueDelivery): Promise<{ status: number | null; error: string }> {
    if (delivery.payload === null) return { status: null, error: 'the letter is no longer kept' };
    const body = JSON.stringify(toCloudEvent(delivery));
    const signature = signWebhook(delivery.secret, delivery.letterId, this.clock.now(), body);
    const headers = { 'content-type': 'application/cloudevents+json', 'user-agent': 'muster', ...signature };
    try {
      const status = await publicPost(delivery.url, body, headers, { allowPrivate: this.settings.webhookPrivate });
      return { status, error: `the receiver answered ${status}` };
    } catch (error) {
      return { status: null, error: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** CloudEvents 1.0, structured mode. */
const toCloudEvent = ({ letterId, tenantId, type, key, payload, createdAt }: DueDelivery) => ({
  specversion: '1.0',
  id: letterId,
  source: `/tenants/${tenantId}`,
  type,
  subject: key,
  time: createdAt.toISOString(),
  datacontenttype: 'application/json',
  data: payload,
});
