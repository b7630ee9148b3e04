import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../transaction.js';

export interface WebhookRow {
  readonly id: string;
  readonly url: string;
  readonly types: string[];
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly lastAt: Date | null;
}

/** One attempt that is to be made now. */
export interface DueDelivery {
  readonly tenantId: string;
  readonly id: string;
  /** This attempt's number, from 1. */
  readonly attempts: number;
  readonly webhookId: string;
  readonly url: string;
  readonly secret: string;
  readonly letterId: string;
  /** Null when the letter is no longer kept. */
  readonly type: string | null;
  readonly key: string | null;
  readonly payload: Record<string, unknown> | null;
  readonly createdAt: Date;
}

export type DeliveryOutcome =
  | { readonly state: 'delivered'; readonly status: number }
  | { readonly state: 'pending'; readonly status: number | null; readonly error: string; readonly nextAt: Date }
  | { readonly state: 'failed'; readonly status: number | null; readonly error: string };

/** Where else letters go, and how far each got. */
export const webhookStore = {
  async insert(
    tx: Tx,
    webhook: { url: string; secret: string; types: readonly string[] },
    now: Date,
  ): Promise<WebhookRow> {
    const id = uuidv7();
    await tx.execute(
      'insert into webhooks (tenant_id, id, url, secret, types, created_at) values ($1, $2, $3, $4, $5, $6)',
      [tx.tenantId, id, webhook.url, webhook.secret, webhook.types, now],
    );
    const nothingYet = { disabledAt: null, lastStatus: null, lastError: null, lastAt: null };
    return { id, url: webhook.url, types: [...webhook.types], createdAt: now, ...nothingYet };
  },

  /** Newest first with the last attempt of each, after the one with `beforeId`. */
  list(tx: Tx, beforeId: string | null, limit: number): Promise<WebhookRow[]> {
    return tx.query<WebhookRow>(
      `select w.id, w.url, w.types, w.created_at as "createdAt", w.disabled_at as "disabledAt",
              d.last_status as "lastStatus", d.last_error as "lastError", d.created_at as "lastAt"
       from webhooks w
       left join lateral (
         select last_status, last_error, created_at from webhook_deliveries
         where webhook_id = w.id and attempts > 0 order by id desc limit 1) d on true
       where ($1::uuid is null or w.id < $1) order by w.id desc limit $2`,
      [beforeId, limit],
    );
  },

  async delete(tx: Tx, id: string): Promise<boolean> {
    return (await tx.execute('delete from webhooks where id = $1', [id])) === 1;
  },

  /** Makes a delivery of the letter for every webhook of the tenant that wants its type; once, however often called. */
  async plan(tx: Tx, letter: { id: string; tenantId: string; type: string }, now: Date): Promise<number> {
    const wanting = await tx.query<{ id: string }>(
      'select id from webhooks where tenant_id = $1 and disabled_at is null and $2 = any(types)',
      [letter.tenantId, letter.type],
    );
    if (wanting.length === 0) return 0;
    return tx.execute(
      `insert into webhook_deliveries (tenant_id, id, webhook_id, letter_id, next_at, created_at)
       select $1, d, w, $4, $5, $5 from unnest($2::uuid[], $3::uuid[]) u(d, w) on conflict do nothing`,
      [letter.tenantId, wanting.map(() => uuidv7()), wanting.map(({ id }) => id), letter.id, now],
    );
  },

  /**
   * Takes deliveries that are due and puts them off by `leaseMs`, so that another worker leaves them alone and one that
   * dies in the attempt is followed by a next attempt. System transaction.
   */
  async claimDue(tx: Tx, now: Date, leaseMs: number, limit: number): Promise<DueDelivery[]> {
    return tx.query<DueDelivery>(
      `with due as (
         select tenant_id, id from webhook_deliveries where state = 'pending' and next_at <= $1
         order by next_at limit $3 for update skip locked),
       claimed as (
         update webhook_deliveries d set attempts = d.attempts + 1, next_at = $2 from due
         where d.tenant_id = due.tenant_id and d.id = due.id returning d.*)
       select c.tenant_id as "tenantId", c.id, c.attempts, c.webhook_id as "webhookId", w.url, w.secret,
              c.letter_id as "letterId", o.type, o.key, o.payload, coalesce(o.created_at, c.created_at) as "createdAt"
       from claimed c
       join webhooks w on w.tenant_id = c.tenant_id and w.id = c.webhook_id
       left join outbox o on o.id = c.letter_id`,
      [now, new Date(now.getTime() + leaseMs), limit],
    );
  },

  /** Records how an attempt went. System transaction. */
  async settle(tx: Tx, delivery: DueDelivery, outcome: DeliveryOutcome): Promise<void> {
    await tx.execute(
      `update webhook_deliveries set state = $3, last_status = $4, last_error = $5, next_at = $6
       where tenant_id = $1 and id = $2`,
      [
        delivery.tenantId,
        delivery.id,
        outcome.state,
        outcome.status,
        outcome.state === 'delivered' ? null : outcome.error.slice(0, 500),
        outcome.state === 'pending' ? outcome.nextAt : null,
      ],
    );
  },

  /** Ends a webhook whose receiver is gone for good, and what waits for it. System transaction. */
  async disable(tx: Tx, tenantId: string, webhookId: string, now: Date): Promise<void> {
    await tx.execute('update webhooks set disabled_at = $3 where tenant_id = $1 and id = $2', [
      tenantId,
      webhookId,
      now,
    ]);
    await tx.execute(
      `update webhook_deliveries set state = 'failed', next_at = null
       where tenant_id = $1 and webhook_id = $2 and state = 'pending'`,
      [tenantId, webhookId],
    );
  },

  /** Forgets settled deliveries made before `before`. System transaction. */
  forget(tx: Tx, before: Date): Promise<number> {
    return tx.execute(`delete from webhook_deliveries where state <> 'pending' and created_at < $1`, [before]);
  },
};
