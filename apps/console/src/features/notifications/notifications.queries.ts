import {
  listMailRecipients,
  listNotifications,
  listWebhooks,
} from '@muster/contracts/notifications/notifications.routes';
import { queryOptions } from '@tanstack/react-query';
import { call } from '../../api/call.js';

export const notificationsQuery = queryOptions({
  queryKey: ['notifications', 'list'],
  queryFn: ({ signal }) => call(listNotifications, { query: { pageSize: 30 }, signal }),
});

export const webhooksQuery = queryOptions({
  queryKey: ['webhooks'],
  queryFn: ({ signal }) => call(listWebhooks, { query: { pageSize: 200 }, signal }),
});

export const mailRecipientsQuery = queryOptions({
  queryKey: ['mail-recipients'],
  queryFn: ({ signal }) => call(listMailRecipients, { signal }),
});
