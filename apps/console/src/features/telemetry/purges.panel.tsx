import { Button } from '@mantine/core';
import type { Purge } from '@muster/contracts/telemetry/retention.schema';
import { IconTrash } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { useMay } from '../access/session.queries.js';
import { deviceQuery } from '../devices/devices.queries.js';
import { IfThere } from './if-there.js';
import { purgesQuery } from './ingest.queries.js';
import { PurgeDialog } from './purge-dialog.js';
import { removedWords } from './retention-words.js';
import classes from './storage.module.css';

function Whose({ purge }: { readonly purge: Purge }) {
  const { deviceId } = purge;
  const device = useQuery({ ...deviceQuery(deviceId ?? ''), enabled: deviceId !== null, refetchInterval: false }).data;
  if (deviceId === null) return 'All devices';
  return (
    <Link to="/devices/$deviceId" params={{ deviceId }} className="link">
      {device?.name ?? deviceId}
    </Link>
  );
}

/** Removals of measured data: who asked, why, how far each is and what it removed. */
export function PurgesPanel() {
  const mayRead = useMay('audit:read');
  const may = useMay('telemetry:purge');
  const purges = useInfiniteQuery({ ...purgesQuery, enabled: mayRead });
  const [asking, setAsking] = useState(false);
  return (
    <Panel
      title="Removals"
      actions={
        <Button
          variant="default"
          leftSection={<IconTrash size={14} />}
          disabled={!may}
          title={may ? undefined : 'Needs the permission telemetry:purge'}
          onClick={() => setAsking(true)}
        >
          Remove data…
        </Button>
      }
      bare
    >
      {mayRead ? (
        <IfThere query={purges} what="Removals" lines={3}>
          {({ pages }) => {
            const items = pages.flatMap((page) => page.items);
            return items.length === 0 ? (
              <EmptyState title="Nothing was removed on request">
                Somebody who has a right to be forgotten, or a device that leaves: all it measured can be removed.
              </EmptyState>
            ) : (
              <DataTable
                caption="Removals"
                rows={items}
                rowKey={(row) => row.id}
                columns={[
                  { key: 'of', head: 'Of', cell: (row) => <Whose purge={row} /> },
                  {
                    key: 'state',
                    head: 'State',
                    cell: (row) => (
                      <StatusBadge noun="purge" state={row.state} {...(row.detail ? { title: row.detail } : {})} />
                    ),
                  },
                  {
                    key: 'removed',
                    head: 'Removed',
                    cell: (row) => <div className={classes.removed}>{removedWords(row.removed) || '—'}</div>,
                  },
                  { key: 'reason', head: 'Reason', cell: (row) => row.reason },
                  { key: 'by', head: 'Asked by', cell: (row) => row.requestedBy },
                  { key: 'at', head: 'Asked', cell: (row) => <RelativeTime at={row.requestedAt} /> },
                ]}
              />
            );
          }}
        </IfThere>
      ) : (
        <EmptyState title="Hidden from you">Seeing removals needs the permission audit:read.</EmptyState>
      )}
      {purges.hasNextPage ? (
        <Button variant="subtle" color="gray" fullWidth onClick={() => void purges.fetchNextPage()}>
          More
        </Button>
      ) : null}
      {asking ? <PurgeDialog onClose={() => setAsking(false)} /> : null}
    </Panel>
  );
}
