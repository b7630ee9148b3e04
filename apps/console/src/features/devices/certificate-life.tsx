import type { Certificate } from '@muster/contracts/certificates/certificates.schema';
import { many, moment } from '../../ui/format.js';
import { useNow } from '../../ui/now.js';
import classes from './certificates.module.css';

const DAY = 86_400_000;
const HOUR = 3_600_000;

/** What is left in words: days, and hours on the last one. */
const left = (ms: number): string =>
  ms < 0
    ? `expired ${ms > -DAY ? 'today' : `${many(Math.floor(-ms / DAY), 'day')} ago`}`
    : ms < 2 * DAY
      ? `${many(Math.floor(ms / HOUR), 'hour')} left`
      : `${many(Math.floor(ms / DAY), 'day')} left`;

/** How far a certificate is into its life, and the window in which it renews by itself. */
export function CertificateLife({ certificate }: { readonly certificate: Certificate }) {
  const now = useNow();
  const start = Date.parse(certificate.notBefore);
  const end = Date.parse(certificate.notAfter);
  const by = Date.parse(certificate.renewBy);
  const from = Date.parse(certificate.renewFrom);
  const share = (instant: number) => Math.min(100, Math.max(0, ((instant - start) / (end - start)) * 100));
  const overdue = now > by && now < end;
  const text = left(end - now);
  const said =
    now >= end
      ? 'It opens no session any more.'
      : overdue
        ? `It was to renew by ${moment(by)}.`
        : now >= from
          ? `It renews by itself until ${moment(by)}.`
          : `It renews by itself between ${moment(from)} and ${moment(by)}.`;
  return (
    <div>
      <div className={classes.life} role="img" aria-label={`${text}; renewal from ${moment(from)} to ${moment(by)}`}>
        <i
          className={classes.past}
          data-tone={now >= end ? 'bad' : overdue ? 'warn' : undefined}
          style={{ width: `${share(now)}%` }}
        />
        <i className={classes.window} style={{ left: `${share(from)}%`, width: `${share(by) - share(from)}%` }} />
      </div>
      <p className={classes.lifeWords} data-tone={now >= end ? 'bad' : overdue ? 'warn' : undefined}>
        <b>{text}.</b> {said}
      </p>
    </div>
  );
}
