import type { DeviceSummary } from '@muster/contracts/devices/devices.schema';
import { Link } from '@tanstack/react-router';
import type { Column } from '../../ui/data-table.js';
import { count } from '../../ui/format.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import classes from './devices.module.css';

export const deviceColumns: readonly Column<DeviceSummary>[] = [
  {
    key: 'name',
    head: 'Name',
    sort: 'name',
    cell: (row) => (
      <Link to="/devices/$deviceId" params={{ deviceId: row.id }} className={classes.name}>
        {row.name}
      </Link>
    ),
  },
  { key: 'presence', head: 'Presence', cell: (row) => <StatusBadge noun="presence" state={row.presence} /> },
  { key: 'state', head: 'State', cell: (row) => <StatusBadge noun="device" state={row.state} /> },
  { key: 'model', head: 'Model', cell: (row) => row.model },
  { key: 'site', head: 'Site', cell: (row) => row.site ?? <span className="quiet">—</span> },
  {
    key: 'firmware',
    head: 'Firmware',
    cell: (row) => (
      <span className="num">
        {row.firmwareVersion ?? <span className="quiet">—</span>}
        {row.pinned ? <span className="quiet"> pinned</span> : null}
      </span>
    ),
  },
  {
    key: 'health',
    head: 'Health',
    cell: (row) => (row.health ? <StatusBadge noun="health" state={row.health} /> : <span className="quiet">—</span>),
  },
  {
    key: 'seen',
    head: 'Last seen',
    sort: 'lastSeenAt',
    cell: (row) => <RelativeTime at={row.lastSeenAt} />,
  },
  {
    key: 'drift',
    head: 'Drift',
    align: 'right',
    cell: (row) =>
      row.driftCount > 0 ? (
        <Link to="/devices/$deviceId" params={{ deviceId: row.id }} search={{ tab: 'twin' }} className={classes.drift}>
          {count(row.driftCount)}
        </Link>
      ) : (
        <span className="quiet">0</span>
      ),
  },
  { key: 'serial', head: 'Serial', cell: (row) => <code>{row.serial}</code> },
  { key: 'class', head: 'Class', cell: (row) => row.class },
  { key: 'agent', head: 'Agent', cell: (row) => <span className="num">{row.agentVersion ?? '—'}</span> },
  { key: 'created', head: 'Enrolled', sort: 'createdAt', cell: (row) => <RelativeTime at={row.createdAt} /> },
];

/** Shown from the column menu only; the rest is what people scan for. */
export const hiddenAtFirst: readonly string[] = ['serial', 'class', 'agent', 'created', 'health'];
