import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../transaction.js';

export interface NotificationRow {
  readonly id: string;
  readonly kind: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly title: string;
  readonly body: string;
  readonly link: string | null;
  readonly at: Date;
  readonly readAt: Date | null;
}
export type NewNotification = Omit<NotificationRow, 'id' | 'readAt'>;

const columns = 'id, kind, severity, title, body, link, at, read_at as "readAt"';

/** What people of a tenant are told. */
export const notificationStore = {
  async insert(tx: Tx, tenantId: string, told: NewNotification): Promise<string> {
    const id = uuidv7();
    await tx.execute(
      `insert into notifications (tenant_id, id, kind, severity, title, body, link, at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [tenantId, id, told.kind, told.severity, told.title, told.body, told.link, told.at],
    );
    return id;
  },

  /** Newest first, after the one with `beforeId`; `unread` null for all. */
  list(tx: Tx, unread: boolean | null, beforeId: string | null, limit: number): Promise<NotificationRow[]> {
    return tx.query<NotificationRow>(
      `select ${columns} from notifications
       where ($1::boolean is null or (read_at is null) = $1) and ($2::uuid is null or id < $2)
       order by id desc limit $3`,
      [unread, beforeId, limit],
    );
  },

  async unread(tx: Tx): Promise<number> {
    const [row] = await tx.query<{ n: number }>('select count(*)::int as n from notifications where read_at is null');
    return row!.n;
  },

  /** Marks those of `ids` that are unread, or all when null; returns how many. */
  markRead(tx: Tx, ids: readonly string[] | null, now: Date): Promise<number> {
    return tx.execute(
      'update notifications set read_at = $2 where read_at is null and ($1::uuid[] is null or id = any($1))',
      [ids, now],
    );
  },

  /** Forgets those told before `before`, in a system transaction. */
  forget(tx: Tx, before: Date): Promise<number> {
    return tx.execute('delete from notifications where at < $1', [before]);
  },
};
