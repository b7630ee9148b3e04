import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../transaction.js';

export interface RecipientRow {
  readonly id: string;
  readonly address: string;
  readonly types: string[];
  readonly createdAt: Date;
  readonly lastAt: Date | null;
  readonly lastError: string | null;
}

/** One attempt at a mail that is to be made now. */
export interface DueMail {
  readonly tenantId: string;
  readonly id: string;
  /** This attempt's number, from 1. */
  readonly attempts: number;
  readonly recipientId: string;
  readonly address: string;
  readonly subject: string;
  readonly body: string;
}

export type MailOutcome =
  | { readonly state: 'sent' }
  | { readonly state: 'pending'; readonly error: string; readonly nextAt: Date }
  | { readonly state: 'failed'; readonly error: string };

const recipient = 'id, address, types, created_at as "createdAt", last_at as "lastAt", last_error as "lastError"';

/** Who is told by e-mail, and how far each mail got. */
export const mailStore = {
  recipients(tx: Tx): Promise<RecipientRow[]> {
    return tx.query<RecipientRow>(`select ${recipient} from mail_recipients where tenant_id = $1 order by address`, [
      tx.tenantId,
    ]);
  },

  /** Null when the address is there already. */
  async addRecipient(
    tx: Tx,
    wanted: { readonly address: string; readonly types: readonly string[] },
    now: Date,
  ): Promise<RecipientRow | null> {
    const [row] = await tx.query<RecipientRow>(
      `insert into mail_recipients (tenant_id, id, address, types, created_at) values ($1, $2, $3, $4, $5)
       on conflict on constraint mail_recipients_address_unique do nothing returning ${recipient}`,
      [tx.tenantId, uuidv7(), wanted.address, wanted.types, now],
    );
    return row ?? null;
  },

  /** Takes a recipient away and what waits for it; null when there is none. */
  async removeRecipient(tx: Tx, id: string): Promise<{ address: string } | null> {
    const [row] = await tx.query<{ address: string }>(
      'delete from mail_recipients where tenant_id = $1 and id = $2 returning address',
      [tx.tenantId, id],
    );
    return row ?? null;
  },

  /** Writes a mail about the letter to everybody of the tenant who wants its type; once, however often called. */
  async plan(
    tx: Tx,
    letter: { readonly id: string; readonly tenantId: string; readonly type: string },
    mail: { readonly subject: string; readonly body: string },
    now: Date,
  ): Promise<number> {
    const wanting = await tx.query<{ id: string }>(
      'select id from mail_recipients where tenant_id = $1 and $2 = any(types)',
      [letter.tenantId, letter.type],
    );
    if (wanting.length === 0) return 0;
    return tx.execute(
      `insert into mails (tenant_id, id, recipient_id, letter_id, subject, body, next_at, created_at)
       select $1, u.id, u.recipient, $4, $5, $6, $7, $7 from unnest($2::uuid[], $3::uuid[]) as u(id, recipient)
       on conflict on constraint mails_letter_unique do nothing`,
      [
        letter.tenantId,
        wanting.map(() => uuidv7()),
        wanting.map(({ id }) => id),
        letter.id,
        mail.subject,
        mail.body,
        now,
      ],
    );
  },

  /**
   * Takes mails that are due and puts them off by `leaseMs`, so that another worker leaves them alone and one that dies in
   * the attempt is followed by a next attempt. System transaction.
   */
  claimDue(tx: Tx, now: Date, leaseMs: number, limit: number): Promise<DueMail[]> {
    return tx.query<DueMail>(
      `with due as (
         select tenant_id, id from mails where state = 'pending' and next_at <= $1
         order by next_at limit $3 for update skip locked),
       claimed as (
         update mails m set attempts = m.attempts + 1, next_at = $2 from due
         where m.tenant_id = due.tenant_id and m.id = due.id returning m.*)
       select c.tenant_id as "tenantId", c.id, c.attempts, c.recipient_id as "recipientId", r.address, c.subject, c.body
       from claimed c join mail_recipients r on r.tenant_id = c.tenant_id and r.id = c.recipient_id`,
      [now, new Date(now.getTime() + leaseMs), limit],
    );
  },

  /** Records how an attempt went. System transaction. */
  async settle(tx: Tx, mail: DueMail, outcome: MailOutcome, now: Date): Promise<void> {
    const error = outcome.state === 'sent' ? null : outcome.error.slice(0, 500);
    const nextAt = outcome.state === 'pending' ? outcome.nextAt : null;
    await tx.execute('update mails set state = $3, last_error = $4, next_at = $5 where tenant_id = $1 and id = $2', [
      mail.tenantId,
      mail.id,
      outcome.state,
      error,
      nextAt,
    ]);
    await tx.execute('update mail_recipients set last_at = $3, last_error = $4 where tenant_id = $1 and id = $2', [
      mail.tenantId,
      mail.recipientId,
      now,
      error,
    ]);
  },

  /** Forgets settled mails made before `before`. System transaction. */
  forget(tx: Tx, before: Date): Promise<number> {
    return tx.execute(`delete from mails where state <> 'pending' and created_at < $1`, [before]);
  },
};
