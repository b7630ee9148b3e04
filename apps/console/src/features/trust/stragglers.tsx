import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { DataTable } from '../../ui/data-table.js';
import { PagedList } from '../../ui/paged-list.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import classes from './trust.module.css';
import { stragglersQuery } from './trust.queries.js';

function List({ number }: { readonly number: number }) {
  const stragglers = useInfiniteQuery(stragglersQuery(number));
  return (
    <PagedList query={stragglers} empty={<p className="quiet">None: everybody took it.</p>}>
      {(rows) => (
        <DataTable
          caption="Devices that have not taken the bundle"
          rows={rows}
          rowKey={(row) => row.deviceId}
          columns={[
            {
              key: 'name',
              head: 'Device',
              cell: (row) => (
                <Link to="/devices/$deviceId" params={{ deviceId: row.deviceId }} className="link">
                  {row.name}
                </Link>
              ),
            },
            { key: 'presence', head: 'Presence', cell: (row) => <StatusBadge noun="presence" state={row.presence} /> },
            {
              key: 'bundle',
              head: 'Took last',
              align: 'right',
              cell: (row) => (row.bundle === 0 ? <span className="quiet">none</span> : `bundle ${row.bundle}`),
            },
            { key: 'seen', head: 'Seen', cell: (row) => <RelativeTime at={row.lastSeenAt} /> },
          ]}
        />
      )}
    </PagedList>
  );
}

/** Devices that were seen lately and have not taken a bundle: asked for only when somebody wants to know. */
export function Stragglers({ number }: { readonly number: number }) {
  const [open, setOpen] = useState(false);
  return (
    <details className={classes.stragglers} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Which devices it waits for</summary>
      {open ? <List number={number} /> : null}
    </details>
  );
}
