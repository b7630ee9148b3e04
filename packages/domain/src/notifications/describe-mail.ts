import { describeLetter, type Told } from './describe-letter.js';

export interface MailText {
  readonly subject: string;
  readonly body: string;
}

/** Letters that are told by mail though the console has no notification of them. */
const others: Readonly<Record<string, (told: Told) => { title: string; link: string }>> = {
  'anomaly.closed': ({ deviceId }) => ({ title: 'Back to normal', link: `/devices/${deviceId}` }),
  'device.enrolled': ({ deviceId }) => ({ title: 'Device enrolled', link: `/devices/${deviceId}` }),
};

/**
 * A letter as a mail: what the console says, where it happened and where to look. `consoleUrl` has no slash at its end.
 * Null for letters nobody is told of.
 */
export function describeMail(type: string, told: Told, tenantId: string, consoleUrl: string): MailText | null {
  const text = describeLetter(type, told);
  const other = others[type]?.(told);
  const title = text?.title ?? other?.title;
  if (title === undefined) return null;
  const urgent = text?.severity === 'critical' ? 'CRITICAL: ' : '';
  const link = text?.link ?? other?.link ?? '/';
  const lines = [text?.body || told.sentence || `${title}.`, '', `Tenant ${tenantId}`, `${consoleUrl}${link}`, ''];
  return { subject: oneLine(`${urgent}${title} (${tenantId})`), body: lines.join('\n') };
}

/** A header is one line, whatever people called their things (RFC 5322 2.2). */
const oneLine = (text: string): string => text.replaceAll(/[\r\n]+/g, ' ');
