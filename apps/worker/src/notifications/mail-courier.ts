import { type MailAnswer, nextMail } from '@muster/domain/notifications/next-mail';
import { Database } from '@muster/persistence/database';
import { type DueMail, type MailOutcome, mailStore } from '@muster/persistence/notifications/mail.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { SETTINGS, type Settings } from '@muster/runtime/config/settings';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { Inject, Injectable } from '@nestjs/common';
import { createTransport, type Transporter } from 'nodemailer';

const AT_ONCE = 5;
/** Longer than an attempt may take, so that no attempt is made twice at the same time. */
const LEASE_MS = 120_000;
const PATIENCE_MS = 15_000;

/**
 * Carries mails to the SMTP server. A mail is written once per letter and recipient; a worker that dies after the server
 * took it and before that is written down sends it again under the same Message-ID.
 */
@Injectable()
export class MailCourier {
  readonly #transport: Transporter | null;
  readonly #from: string;

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) settings: Pick<Settings, 'smtpUrl' | 'mailFrom' | 'host'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.#from = settings.mailFrom ?? `Muster <muster@${settings.host}>`;
    this.#transport =
      settings.smtpUrl === undefined
        ? null
        : createTransport({
            url: settings.smtpUrl,
            connectionTimeout: PATIENCE_MS,
            greetingTimeout: PATIENCE_MS,
            socketTimeout: 2 * PATIENCE_MS,
            disableFileAccess: true,
            disableUrlAccess: true,
          });
  }

  /** Makes every attempt that is due; returns how many were made. Without a server mails wait. */
  async deliverDue(): Promise<number> {
    if (this.#transport === null) return 0;
    let made = 0;
    for (;;) {
      const due = await this.database.system((tx) => mailStore.claimDue(tx, this.clock.now(), LEASE_MS, AT_ONCE));
      await Promise.all(due.map((mail) => this.#attempt(mail, this.#transport!)));
      made += due.length;
      if (due.length < AT_ONCE) return made;
    }
  }

  async #attempt(mail: DueMail, transport: Transporter): Promise<void> {
    const { answer, error } = await this.#send(mail, transport);
    const verdict = nextMail(answer, mail.attempts, Math.random());
    const now = this.clock.now();
    const outcome: MailOutcome =
      verdict.kind === 'sent'
        ? { state: 'sent' }
        : verdict.kind === 'failed'
          ? { state: 'failed', error }
          : { state: 'pending', error, nextAt: new Date(now.getTime() + verdict.afterMs) };
    const { tenantId, id, attempts } = mail;
    if (outcome.state !== 'sent') this.logger.warn({ tenantId, mailId: id, attempts, error }, 'mail was not delivered');
    await this.database.system((tx) => mailStore.settle(tx, mail, outcome, now));
  }

  async #send(mail: DueMail, transport: Transporter): Promise<{ answer: MailAnswer; error: string }> {
    try {
      await transport.sendMail({
        from: this.#from,
        to: mail.address,
        subject: mail.subject,
        text: mail.body,
        messageId: `<${mail.id}@muster>`,
        // RFC 3834 5: nobody's out-of-office answers a machine.
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
      return { answer: { kind: 'taken' }, error: '' };
    } catch (error) {
      const { code, responseCode } = error as { code?: string; responseCode?: number };
      const about = code === 'EENVELOPE' ? 'recipient' : 'anything';
      return { answer: { kind: 'refused', code: responseCode ?? null, about }, error: describe(code, responseCode) };
    }
  }
}

/** By code alone: what a server answers may repeat what it was told. */
const describe = (code = 'EUNKNOWN', responseCode?: number): string =>
  responseCode === undefined
    ? `the mail server could not be reached (${code})`
    : `the mail server answered ${responseCode} (${code})`;
