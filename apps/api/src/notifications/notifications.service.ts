import { randomBytes } from 'node:crypto';
import type * as routes from '@muster/contracts/notifications/notifications.routes';
import type { webhookTypes } from '@muster/contracts/notifications/notifications.schema';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import { type NotificationRow, notificationStore } from '@muster/persistence/notifications/notification.store';
import { type WebhookRow, webhookStore } from '@muster/persistence/notifications/webhook.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';

/** What people are told in the console, and where else it goes. */
@Injectable()
export class NotificationsService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  list(call: Call<typeof routes.listNotifications>) {
    const { unread, pageSize } = call.query;
    const before = (this.paging.after(call)?.[0] as string | undefined) ?? null;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const wanted = unread === undefined ? null : unread === 'true';
      const rows = await notificationStore.list(tx, wanted, before, pageSize + 1);
      const total = wanted === true ? await notificationStore.unread(tx) : null;
      return this.paging.page(call, rows, (row) => [row.id], toNotification, total);
    });
  }

  read(call: Call<typeof routes.readNotifications>) {
    return this.database.tenant(call.principal.tenantId, async (tx) => ({
      read: await notificationStore.markRead(tx, call.body.ids ?? null, this.clock.now()),
    }));
  }

  listWebhooks(call: Call<typeof routes.listWebhooks>) {
    const before = (this.paging.after(call)?.[0] as string | undefined) ?? null;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows = await webhookStore.list(tx, before, call.query.pageSize + 1);
      return this.paging.page(call, rows, (row) => [row.id], toWebhook);
    });
  }

  createWebhook(call: Call<typeof routes.createWebhook>) {
    const { principal, requestId, body } = call;
    // Standard Webhooks: 24 to 64 random bytes in base64 behind this prefix.
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const types = [...new Set(body.types)];
    return this.database.tenant(principal.tenantId, async (tx) => {
      const row = await webhookStore.insert(tx, { url: body.url, secret, types }, this.clock.now());
      const record = { actor: actorOf(principal), action: 'webhook.created', resource: `webhook:${row.id}` };
      await audit.append(tx, { ...record, after: { url: row.url, types }, requestId });
      return { ...toWebhook(row), secret };
    });
  }

  async deleteWebhook(call: Call<typeof routes.deleteWebhook>) {
    const { principal, requestId, params } = call;
    await this.database.tenant(principal.tenantId, async (tx) => {
      if (!(await webhookStore.delete(tx, params.webhookId))) throw Refusal.notFound('webhook', params.webhookId);
      const resource = `webhook:${params.webhookId}`;
      await audit.append(tx, { actor: actorOf(principal), action: 'webhook.deleted', resource, requestId });
    });
  }
}

type WebhookType = (typeof webhookTypes)[number];

const toNotification = (row: NotificationRow) => ({
  ...row,
  at: row.at.toISOString(),
  readAt: row.readAt?.toISOString() ?? null,
});

const toWebhook = (row: WebhookRow) => ({
  ...row,
  types: row.types as WebhookType[],
  createdAt: row.createdAt.toISOString(),
  disabledAt: row.disabledAt?.toISOString() ?? null,
  lastAt: row.lastAt?.toISOString() ?? null,
});
