import type * as routes from '@muster/contracts/notifications/notifications.routes';
import type { MailRecipient } from '@muster/contracts/notifications/notifications.schema';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import { mailStore, type RecipientRow } from '@muster/persistence/notifications/mail.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { SETTINGS, type Settings } from '@muster/runtime/config/settings';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';

const toRecipient = (row: RecipientRow): MailRecipient => ({
  id: row.id,
  address: row.address,
  types: row.types as MailRecipient['types'],
  createdAt: row.createdAt.toISOString(),
  lastAt: row.lastAt?.toISOString() ?? null,
  lastError: row.lastError,
});

/** Who is told by e-mail. */
@Injectable()
export class MailRecipientsService {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Pick<Settings, 'smtpUrl'>,
  ) {}

  list(call: Call<typeof routes.listMailRecipients>) {
    return this.database.tenant(call.principal.tenantId, async (tx) => ({
      configured: this.settings.smtpUrl !== undefined,
      items: (await mailStore.recipients(tx)).map(toRecipient),
    }));
  }

  create(call: Call<typeof routes.createMailRecipient>) {
    const { principal, body, requestId } = call;
    const types = [...new Set(body.types)];
    // The part after the @ is the same in any case; two spellings would be told twice (RFC 5321 2.4).
    const address = body.address.replace(/@[^@]*$/, (domain) => domain.toLowerCase());
    return this.database.tenant(principal.tenantId, async (tx) => {
      const row = await mailStore.addRecipient(tx, { address, types }, this.clock.now());
      if (row === null) throw new Refusal('already_exists', `${address} is told already.`);
      const record = {
        actor: actorOf(principal),
        action: 'mail_recipient.created',
        resource: `mail_recipient:${row.id}`,
      };
      await audit.append(tx, { ...record, after: { address, types }, requestId });
      return toRecipient(row);
    });
  }

  async delete(call: Call<typeof routes.deleteMailRecipient>) {
    const { principal, params, requestId } = call;
    const { recipientId } = params;
    await this.database.tenant(principal.tenantId, async (tx) => {
      const gone = await mailStore.removeRecipient(tx, recipientId);
      if (gone === null) throw Refusal.notFound('recipient', recipientId);
      const record = {
        actor: actorOf(principal),
        action: 'mail_recipient.deleted',
        resource: `mail_recipient:${recipientId}`,
      };
      await audit.append(tx, { ...record, before: gone, requestId });
    });
  }
}
