import { describeLetter } from '@muster/domain/notifications/describe-letter';
import { Database } from '@muster/persistence/database';
import { notificationStore } from '@muster/persistence/notifications/notification.store';
import { webhookStore } from '@muster/persistence/notifications/webhook.store';
import { appliedLetters } from '@muster/persistence/outbox/applied-letters.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { LetterJob } from '../outbox/routing.js';

/** Tells people, and plans what webhooks are told, once per letter. */
@Injectable()
export class Notifier {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async tell(letter: LetterJob): Promise<void> {
    const { id, tenantId, type, payload } = letter;
    const now = this.clock.now();
    await this.database.system(async (tx) => {
      if (!(await appliedLetters.once(tx, 'notifications', id))) return;
      await webhookStore.plan(tx, letter, now);
      const text = describeLetter(type, payload);
      if (!text) return;
      const notificationId = await notificationStore.insert(tx, tenantId, { ...text, at: now });
      const told = { notificationId, severity: text.severity };
      await outbox.drop(tx, { tenantId, type: 'notification.created', key: notificationId, payload: told });
    });
  }
}
