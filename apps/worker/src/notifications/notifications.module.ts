import { Module } from '@nestjs/common';
import { NotificationsProcessor } from './notifications.processor.js';
import { Notifier } from './notifier.js';
import { WebhookCourier } from './webhook-courier.js';

/** Tells people and webhooks what happened. */
@Module({ providers: [Notifier, WebhookCourier, NotificationsProcessor] })
export class NotificationsModule {}
