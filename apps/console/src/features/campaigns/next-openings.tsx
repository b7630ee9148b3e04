import { useQuery } from '@tanstack/react-query';
import { sitesQuery } from '../sites/sites.queries.js';
import type { WindowDraft } from './campaign-form.js';
import classes from './wizard.module.css';

/** So many are shown of each zone, and so many zones: enough to see a wrong day or a wrong zone. */
const SHOWN = 3;

const stamp = (at: Date, zone: string): string =>
  new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  }).format(at);

/** The rules of windows, and the calendar they need, arrive only when a window is written. */
const openingsOf = async (windows: readonly WindowDraft[], zones: readonly string[]) => {
  const { openings } = await import('@muster/domain/campaigns/maintenance-windows');
  const now = new Date();
  return zones.map((zone) => ({
    zone,
    opens: windows
      .flatMap(({ days, from, minutes, timezone }) =>
        openings({ days: [...days], from, minutes, timezone }, zone, now, 0),
      )
      .filter(({ opensAt }) => opensAt > now)
      .sort((a, b) => a.opensAt.getTime() - b.opensAt.getTime())
      .slice(0, SHOWN)
      .map(({ opensAt }) => opensAt),
  }));
};

/** When the windows open next, by the clocks of the sites: what was written is read back as times. */
export function NextOpenings({ windows }: { readonly windows: readonly WindowDraft[] }) {
  const sites = useQuery(sitesQuery);
  const bySite = windows.some(({ timezone }) => timezone === 'device');
  const named = windows.flatMap(({ timezone }) => (timezone === 'device' ? [] : [timezone]));
  const zones = [...new Set([...(bySite ? (sites.data?.items ?? []).map(({ timezone }) => timezone) : []), ...named])];
  const { data } = useQuery({
    queryKey: ['window-openings', windows, zones],
    queryFn: () => openingsOf(windows, zones.slice(0, SHOWN)),
    enabled: zones.length > 0 && windows.every(({ days }) => days.length > 0),
    staleTime: 60_000,
    retry: false,
  });
  if (!data) return null;
  return (
    <ul className={`${classes.said} quiet`} aria-label="Next openings">
      {data.map(({ zone, opens }) => (
        <li key={zone} className="num">
          {zone}: {opens.length > 0 ? opens.map((at) => stamp(at, zone)).join(' · ') : 'does not open within a week'}
        </li>
      ))}
      {zones.length > SHOWN ? <li>and {zones.length - SHOWN} more time zones</li> : null}
    </ul>
  );
}
