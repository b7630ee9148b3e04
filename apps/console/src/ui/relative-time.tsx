import { ago, fullInstant } from './format.js';
import { useNow } from './now.js';

interface RelativeTimeProps {
  readonly at: string | null | undefined;
  /** What to say when it never happened. */
  readonly never?: string;
  readonly className?: string;
}

/** "2 min ago", kept true by the page's clock; the exact instant in UTC and local time on hover and for machines. */
export function RelativeTime({ at, never = 'never', className }: RelativeTimeProps) {
  const now = useNow();
  if (!at) return <span className={`quiet ${className ?? ''}`}>{never}</span>;
  return (
    <time dateTime={at} title={fullInstant(at)} className={`num ${className ?? ''}`}>
      {ago(Date.parse(at), now)}
    </time>
  );
}
