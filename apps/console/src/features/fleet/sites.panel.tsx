import type { FleetSummary } from '@muster/contracts/devices/devices.schema';
import { Link } from '@tanstack/react-router';
import { count } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import classes from './overview.module.css';

/** Sites with how much of each is online, the worst first. */
export function SitesPanel({ summary }: { readonly summary: FleetSummary }) {
  const worstFirst = summary.sites.toSorted(
    (a, b) => a.online / Math.max(1, a.total) - b.online / Math.max(1, b.total) || b.total - a.total,
  );
  return (
    <Panel title="Sites" aside="online now" bare>
      <ul className={classes.sites}>
        {worstFirst.slice(0, 8).map(({ site, total, online }) => (
          <li key={site ?? ''}>
            {site === null ? (
              <span className="quiet">no site</span>
            ) : (
              <Link to="/devices" search={{ site }} className={classes.site}>
                {site}
              </Link>
            )}
            <span className={classes.meter} aria-hidden>
              <i
                data-online
                data-low={online / Math.max(1, total) < 0.9 || undefined}
                style={{ width: `${(online / Math.max(1, total)) * 100}%` }}
              />
            </span>
            <span className="num">
              {count(online)} <span className="quiet">of {count(total)}</span>
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
