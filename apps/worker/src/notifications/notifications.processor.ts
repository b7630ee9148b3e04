import { idempotencyStore } from '@muster/persistence/access/idempotency.store';
import { Database } from '@muster/persistence/database';
import { mailStore } from '@muster/persistence/notifications/mail.store';
import { notificationStore } from '@muster/persistence/notifications/notification.store';
import { webhookStore } from '@muster/persistence/notifications/webhook.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject } from '@nestjs/common';
import type { Job } from 'bullmq';
import type { LetterJob } from '../outbox/routing.js';
import { MailCourier } from './mail-courier.js';
import { Notifier } from './notifier.js';
import { WebhookCourier } from './webhook-courier.js';

const KEEP_MS = 90 * 86_400_000;

@Processor('notifications')
export class NotificationsProcessor extends WorkerHost {
  constructor(
    private readonly notifier: Notifier,
    private readonly courier: WebhookCourier,
    private readonly mails: MailCourier,
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super();
  }

  async process(job: Job): Promise<unknown> {
    switch (job.name) {
      case 'notify':
        await this.notifier.tell(job.data as LetterJob);
        return this.deliverDue();
      case 'deliver-due':
        return this.deliverDue();
      case 'forget':
        return this.forget();
      default:
        throw new Error(`no such job: ${job.name}`);
    }
  }

  /** A mail server that hangs delays no webhook, and the other way round. */
  private deliverDue(): Promise<number[]> {
    return Promise.all([this.courier.deliverDue(), this.mails.deliverDue()]);
  }

  private forget(): Promise<unknown> {
    const now = this.clock.now();
    const before = new Date(now.getTime() - KEEP_MS);
    return this.database.system(async (tx) => ({
      idempotencyKeys: await idempotencyStore.forget(tx, now),
      notifications: await notificationStore.forget(tx, before),
      deliveries: await webhookStore.forget(tx, before),
      mails: await mailStore.forget(tx, before),
    }));
  }
}
