import { idempotencyStore } from '@muster/persistence/access/idempotency.store';
import { Database } from '@muster/persistence/database';
import { notificationStore } from '@muster/persistence/notifications/notification.store';
import { webhookStore } from '@muster/persistence/notifications/webhook.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject } from '@nestjs/common';
import type { Job } from 'bullmq';
import type { LetterJob } from '../outbox/routing.js';
import { Notifier } from './notifier.js';
import { WebhookCourier } from './webhook-courier.js';

const KEEP_MS = 90 * 86_400_000;

@Processor('notifications')
export class NotificationsProcessor extends WorkerHost {
  constructor(
    private readonly notifier: Notifier,
    private readonly courier: WebhookCourier,
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super();
  }

  async process(job: Job): Promise<unknown> {
    switch (job.name) {
      case 'notify':
        await this.notifier.tell(job.data as LetterJob);
        return this.courier.deliverDue();
      case 'deliver-due':
        return this.courier.deliverDue();
      case 'forget':
        return this.forget();
      default:
        throw new Error(`no such job: ${job.name}`);
    }
  }

  private forget(): Promise<unknown> {
    const now = this.clock.now();
    const before = new Date(now.getTime() - KEEP_MS);
    return this.database.system(async (tx) => ({
      idempotencyKeys: await idempotencyStore.forget(tx, now),
      notifications: await notificationStore.forget(tx, before),
      deliveries: await webhookStore.forget(tx, before),
    }));
  }
}
