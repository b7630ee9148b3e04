import { Module } from '@nestjs/common';
import { MailCourier } from './mail-courier.js';
import { NotificationsProcessor } from './notifications.processor.js';
import { Notifier } from './notifier.js';
import { WebhookCourier } from './webhook-courier.js';

/** Tells people, webhooks and mail recipients what happened. */
@Module({ providers: [Notifier, WebhookCourier, MailCourier, NotificationsProcessor] })
export class NotificationsModule {}
