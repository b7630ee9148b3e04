import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

/** The three headers of Standard Webhooks. `id` is the same at every attempt, so that a receiver can drop repeats. */
export const signWebhook = (secret: string, id: string, at: Date, body: string): Record<string, string> => {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` };
};
