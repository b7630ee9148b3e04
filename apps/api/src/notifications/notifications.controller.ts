import * as routes from '@muster/contracts/notifications/notifications.routes';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { MailRecipientsService } from './mail-recipients.service.js';
import { NotificationsService } from './notifications.service.js';

@Controller()
export class NotificationsController {
  constructor(
    private readonly notifications: NotificationsService,
    private readonly mailRecipients: MailRecipientsService,
  ) {}

  @Endpoint(routes.listNotifications)
  list(call: Call<typeof routes.listNotifications>) {
    return this.notifications.list(call);
  }

  @Endpoint(routes.readNotifications)
  read(call: Call<typeof routes.readNotifications>) {
    return this.notifications.read(call);
  }

  @Endpoint(routes.listWebhooks)
  listWebhooks(call: Call<typeof routes.listWebhooks>) {
    return this.notifications.listWebhooks(call);
  }

  @Endpoint(routes.createWebhook)
  createWebhook(call: Call<typeof routes.createWebhook>) {
    return this.notifications.createWebhook(call);
  }

  @Endpoint(routes.deleteWebhook)
  deleteWebhook(call: Call<typeof routes.deleteWebhook>) {
    return this.notifications.deleteWebhook(call);
  }

  @Endpoint(routes.listMailRecipients)
  listMailRecipients(call: Call<typeof routes.listMailRecipients>) {
    return this.mailRecipients.list(call);
  }

  @Endpoint(routes.createMailRecipient)
  createMailRecipient(call: Call<typeof routes.createMailRecipient>) {
    return this.mailRecipients.create(call);
  }

  @Endpoint(routes.deleteMailRecipient)
  deleteMailRecipient(call: Call<typeof routes.deleteMailRecipient>) {
    return this.mailRecipients.delete(call);
  }
}
