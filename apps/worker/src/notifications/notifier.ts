import { describeLetter } from '@muster/domain/notifications/describe-letter';
import { describeMail } from '@muster/domain/notifications/describe-mail';
import { Database, type Tx } from '@muster/persistence/database';
import { mailStore } from '@muster/persistence/notifications/mail.store';
import { notificationStore } from '@muster/persistence/notifications/notification.store';
import { webhookStore } from '@muster/persistence/notifications/webhook.store';
import { appliedLetters } from '@muster/persistence/outbox/applied-letters.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { SETTINGS, type Settings } from '@muster/runtime/config/settings';
import { Inject, Injectable } from '@nestjs/common';
import type { LetterJob } from '../outbox/routing.js';

/** Tells people, and plans what webhooks and mails tell, once per letter. */
@Injectable()
export class Notifier {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Pick<Settings, 'smtpUrl' | 'host' | 'port'>,
  ) {}

  async tell(letter: LetterJob): Promise<void> {
    const { id, tenantId, type, payload } = letter;
    const now = this.clock.now();
    await this.database.system(async (tx) => {
      if (!(await appliedLetters.once(tx, 'notifications', id))) return;
      await webhookStore.plan(tx, letter, now);
      await this.#planMail(tx, letter, now);
      const text = describeLetter(type, payload);
      if (!text) return;
      const notificationId = await notificationStore.insert(tx, tenantId, { ...text, at: now });
      const told = { notificationId, severity: text.severity };
      await outbox.drop(tx, { tenantId, type: 'notification.created', key: notificationId, payload: told });
    });
  }

  /** Without a server no mail is written: it would be news of last month when one is set. */
  async #planMail(tx: Tx, letter: LetterJob, now: Date): Promise<void> {
    const { smtpUrl, host, port } = this.settings;
    if (smtpUrl === undefined) return;
    const mail = describeMail(letter.type, letter.payload, letter.tenantId, `http://${host}:${port}`);
    if (mail !== null) await mailStore.plan(tx, letter, mail, now);
  }
}
