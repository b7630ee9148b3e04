import { z } from 'zod';
import { Id } from '../ids.js';
import { Instant } from '../instant.js';
import { pageOf } from '../page.js';

export const severities = ['info', 'warning', 'critical'] as const;
export const Notification = z
  .object({
    id: Id,
    kind: z.string(),
    severity: z.enum(severities),
    title: z.string(),
    body: z.string(),
    link: z.string().nullable(),
    at: Instant,
    readAt: Instant.nullable(),
  })
  .meta({ id: 'Notification' });
export type Notification = z.infer<typeof Notification>;

export const webhookTypes = [
  'campaign.halted',
  'campaign.completed',
  'campaign.rollback_finished',
  'campaign.stalled',
  'campaign.awaiting_approval',
  'kill_switch.changed',
  'device.enrolled',
  'certificate.revoked',
  'device.clone_suspected',
  'trust.finding_opened',
  'anomaly.opened',
  'anomaly.closed',
] as const;
export const Webhook = z
  .object({
    id: Id,
    url: z.string(),
    types: z.array(z.enum(webhookTypes)),
    createdAt: Instant,
    disabledAt: Instant.nullable(),
    lastStatus: z.number().int().nullable(),
    lastError: z.string().nullable(),
    lastAt: Instant.nullable(),
  })
  .meta({ id: 'Webhook' });
export type Webhook = z.infer<typeof Webhook>;
export const NewWebhook = z
  .strictObject({ url: z.url({ protocol: /^https?$/ }).max(2000), types: z.array(z.enum(webhookTypes)).min(1) })
  .meta({ id: 'NewWebhook' });
/** `secret` signs deliveries (Standard Webhooks, HMAC-SHA256) and is shown once. */
export const CreatedWebhook = Webhook.extend({ secret: z.string() }).meta({ id: 'CreatedWebhook' });
/** Somebody who is told by e-mail, when the installation has an SMTP server. */
export const MailRecipient = z
  .object({
    id: Id,
    address: z.string(),
    types: z.array(z.enum(webhookTypes)),
    createdAt: Instant,
    lastAt: Instant.nullable(),
    lastError: z.string().nullable(),
  })
  .meta({ id: 'MailRecipient' });
export type MailRecipient = z.infer<typeof MailRecipient>;
export const NewMailRecipient = z
  .strictObject({ address: z.email().max(320), types: z.array(z.enum(webhookTypes)).min(1) })
  .meta({ id: 'NewMailRecipient' });
export const MailRecipients = z.object({ configured: z.boolean(), items: z.array(MailRecipient) });

export const NotificationPage = pageOf(Notification);
export const WebhookPage = pageOf(Webhook);
