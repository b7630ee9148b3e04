import { Module } from '@nestjs/common';
import { MailRecipientsService } from './mail-recipients.service.js';
import { NotificationsController } from './notifications.controller.js';
import { NotificationsService } from './notifications.service.js';

@Module({ controllers: [NotificationsController], providers: [NotificationsService, MailRecipientsService] })
export class NotificationsModule {}
