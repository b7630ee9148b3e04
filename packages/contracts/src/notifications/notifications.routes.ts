import { z } from 'zod';
import { Id } from '../ids.js';
import { PageQuery } from '../page.js';
import { route } from '../route.js';
import {
  CreatedWebhook,
  MailRecipient,
  MailRecipients,
  NewMailRecipient,
  NewWebhook,
  NotificationPage,
  WebhookPage,
} from './notifications.schema.js';

export const listNotifications = route({
  method: 'GET',
  path: '/notifications',
  summary: 'Notifications, newest first',
  permission: 'notification:read',
  query: PageQuery.extend({ unread: z.enum(['true', 'false']).optional() }),
  returns: NotificationPage,
});
export const readNotifications = route({
  method: 'POST',
  path: '/notifications/read',
  summary: 'Mark notifications as read',
  permission: 'notification:read',
  body: z.strictObject({ ids: z.array(Id).max(1000).optional() }),
  returns: z.object({ read: z.number().int() }),
  status: 200,
});
export const listWebhooks = route({
  method: 'GET',
  path: '/webhooks',
  summary: 'Webhooks',
  permission: 'notification:write',
  query: PageQuery,
  returns: WebhookPage,
});
export const createWebhook = route({
  method: 'POST',
  path: '/webhooks',
  summary: 'Add a webhook; its signing secret is shown once',
  permission: 'notification:write',
  body: NewWebhook,
  returns: CreatedWebhook,
  status: 201,
  idempotent: true,
  refuses: ['validation_failed'],
});
export const deleteWebhook = route({
  method: 'DELETE',
  path: '/webhooks/:webhookId',
  summary: 'Remove a webhook',
  permission: 'notification:write',
  params: z.object({ webhookId: Id }),
  status: 204,
  refuses: ['not_found'],
});

export const listMailRecipients = route({
  method: 'GET',
  path: '/mail-recipients',
  summary: 'Who is told by e-mail, and whether an SMTP server is set',
  permission: 'notification:write',
  returns: MailRecipients,
});
export const createMailRecipient = route({
  method: 'POST',
  path: '/mail-recipients',
  summary: 'Tell somebody by e-mail',
  permission: 'notification:write',
  body: NewMailRecipient,
  returns: MailRecipient,
  status: 201,
  idempotent: true,
  refuses: ['validation_failed', 'already_exists'],
});
export const deleteMailRecipient = route({
  method: 'DELETE',
  path: '/mail-recipients/:recipientId',
  summary: 'Tell them no more',
  permission: 'notification:write',
  params: z.object({ recipientId: Id }),
  status: 204,
  refuses: ['not_found'],
});
