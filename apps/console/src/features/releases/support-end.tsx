import { IconAlertTriangle } from '@tabler/icons-react';
import { ago } from '../../ui/format.js';
import { useNow } from '../../ui/now.js';
import classes from './releases.module.css';

const NEAR_MS = 90 * 86_400_000;

/** "31 Dec 2029"; support ends at an instant, and people think of it as a day. */
export const day = (at: string): string =>
  new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });

/** When support of a release ends; a warning when that is near, an alarm when it is past. `short` is for tables. */
export function SupportEnd({ at, short = false }: { readonly at: string | null; readonly short?: boolean }) {
  const now = useNow();
  if (at === null) return <span className="quiet">{short ? '–' : 'not stated'}</span>;
  const left = Date.parse(at) - now;
  const date = (
    <time dateTime={at} className="num">
      {day(at)}
    </time>
  );
  if (left > NEAR_MS) return date;
  const verb = left <= 0 ? 'ended' : 'ends';
  const away = ago(Date.parse(at), now);
  return (
    <span
      className={classes.support}
      data-tone={left <= 0 ? 'bad' : 'warn'}
      title={short ? `Support ${verb} ${away}` : undefined}
    >
      <IconAlertTriangle size={14} aria-hidden className={classes.mark} />
      {short ? null : `${verb} `}
      {date}
      {short ? null : `, ${away}`}
    </span>
  );
}
