import {
  IconActivityHeartbeat,
  IconAdjustmentsHorizontal,
  IconBroadcast,
  IconCertificate,
  IconDatabase,
  IconDevices,
  IconGauge,
  IconGitCompare,
  IconHistory,
  IconId,
  IconMailOff,
  IconMapPin,
  IconPackage,
  IconRuler2,
  IconSettings,
  IconSnowflake,
  IconTransferIn,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { usePrincipal } from '../features/access/session.queries.js';
import classes from './navigation.module.css';

const groups = [
  {
    title: 'Fleet',
    pages: [
      { to: '/', label: 'Overview', icon: IconGauge, exact: true },
      { to: '/devices', label: 'Devices', icon: IconDevices },
      { to: '/sites', label: 'Sites', icon: IconMapPin },
      { to: '/drift', label: 'Drift', icon: IconGitCompare },
      { to: '/anomalies', label: 'Anomalies', icon: IconActivityHeartbeat },
    ],
  },
  {
    title: 'Delivery',
    pages: [
      { to: '/campaigns', label: 'Campaigns', icon: IconBroadcast },
      { to: '/releases', label: 'Releases', icon: IconPackage },
      { to: '/configs', label: 'Golden configs', icon: IconAdjustmentsHorizontal },
      { to: '/freezes', label: 'Freezes', icon: IconSnowflake },
    ],
  },
  {
    title: 'Telemetry',
    pages: [
      { to: '/ingest', label: 'Ingest', icon: IconTransferIn },
      { to: '/dead-letters', label: 'Dead letters', icon: IconMailOff },
      { to: '/storage', label: 'Storage', icon: IconDatabase },
      { to: '/metrics-catalogue', label: 'Metrics', icon: IconRuler2 },
    ],
  },
  {
    title: 'Identity',
    pages: [
      { to: '/enrolment', label: 'Enrolment', icon: IconId },
      { to: '/trust', label: 'Certificates & trust', icon: IconCertificate },
    ],
  },
  {
    title: 'Operations',
    pages: [
      { to: '/audit', label: 'Audit', icon: IconHistory },
      { to: '/settings', label: 'Settings', icon: IconSettings },
    ],
  },
] as const;

const dots = [
  [7, 7.5],
  [12, 7.5],
  [17, 7.5],
  [7, 12.2],
  [12, 12.2],
  [7, 16.9],
] as const;

function Mark() {
  return (
    <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
      <rect width="24" height="24" rx="6" className={classes.tile} />
      {dots.map(([x, y]) => (
        <circle key={`${x} ${y}`} cx={x} cy={y} r="1.7" className={classes.dot} />
      ))}
      <circle cx="17" cy="12.2" r="1.7" className={classes.lit} />
    </svg>
  );
}

/** The pages, and whose fleet this is. */
export function Navigation() {
  const principal = usePrincipal();
  return (
    <nav aria-label="Main" className={classes.nav}>
      <Link to="/" className={classes.brand}>
        <Mark />
        <span className={classes.name}>Muster</span>
        {principal ? <span className={classes.tenant}>{principal.tenantName}</span> : null}
      </Link>
      {groups.map((group) => (
        <div key={group.title} className={classes.group}>
          <p className={classes.title}>{group.title}</p>
          <ul>
            {group.pages.map(({ to, label, icon: Icon, ...page }) => (
              <li key={to}>
                <Link
                  to={to}
                  className={classes.link}
                  activeOptions={{ exact: 'exact' in page, includeSearch: false }}
                  activeProps={{ 'aria-current': 'page' }}
                >
                  <Icon size={17} stroke={1.7} aria-hidden />
                  {label}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}
