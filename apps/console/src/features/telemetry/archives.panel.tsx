import { Button, NumberInput } from '@mantine/core';
import { restoreArchive } from '@muster/contracts/telemetry/retention.routes';
import type { Archive } from '@muster/contracts/telemetry/retention.schema';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { bytes, count, many, moment } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { useMay } from '../access/session.queries.js';
import { IfThere } from './if-there.js';
import { archivesQuery } from './ingest.queries.js';

function RestoreDialog({ archive, onClose }: { readonly archive: Archive; readonly onClose: () => void }) {
  const [days, setDays] = useState(7);
  const restore = useAction(restoreArchive, { stale: [['archives'], ['stored-days']], onDone: onClose });
  return (
    <ConfirmAction
      opened
      onClose={onClose}
      title={`Restore ${archive.day}?`}
      verb="Restore"
      busy={restore.isPending}
      error={restore.error}
      onConfirm={() => restore.mutate({ params: { archiveId: archive.id }, body: { days } })}
    >
      <p>
        {many(archive.rows, 'message')} ({bytes(archive.bytes)}) come back into the database, where charts and exports
        find them. Afterwards they are removed again; the archive stays.
      </p>
      <NumberInput
        label="Keep for, days"
        min={1}
        max={365}
        allowDecimal={false}
        value={days}
        onChange={(value) => typeof value === 'number' && setDays(value)}
      />
    </ConfirmAction>
  );
}

/** Days of raw messages on the artifact store, and what became of each. */
export function ArchivesPanel() {
  const archives = useInfiniteQuery(archivesQuery);
  const may = useMay('telemetry:retain');
  const [restoring, setRestoring] = useState<Archive | null>(null);
  return (
    <Panel title="Archives" bare>
      <IfThere query={archives} what="Archives" lines={3}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          return items.length === 0 ? (
            <EmptyState title="No archives yet">
              With a policy that archives, every raw day is written as a Parquet file before it is removed.
            </EmptyState>
          ) : (
            <DataTable
              caption="Archives"
              rows={items}
              rowKey={(row) => row.id}
              columns={[
                { key: 'day', head: 'Day (UTC)', cell: (row) => <span className="num">{row.day}</span> },
                {
                  key: 'state',
                  head: 'State',
                  cell: (row) => (
                    <StatusBadge noun="archive" state={row.state} {...(row.detail ? { title: row.detail } : {})} />
                  ),
                },
                { key: 'rows', head: 'Messages', align: 'right', cell: (row) => count(row.rows) },
                { key: 'bytes', head: 'Size', align: 'right', cell: (row) => bytes(row.bytes) },
                {
                  key: 'checked',
                  head: 'Read back',
                  cell: (row) => (row.checkedAt ? moment(row.checkedAt) : <span className="quiet">not yet</span>),
                },
                {
                  key: 'until',
                  head: 'In the database until',
                  cell: (row) => (row.restoredUntil ? moment(row.restoredUntil) : <span className="quiet">—</span>),
                },
                {
                  key: 'end',
                  head: '',
                  align: 'right',
                  cell: (row) => (
                    <Button
                      variant="subtle"
                      color="gray"
                      size="compact-xs"
                      disabled={!may || row.state !== 'kept'}
                      title={may ? undefined : 'Needs the permission telemetry:retain'}
                      aria-label={`Restore ${row.day}`}
                      onClick={() => setRestoring(row)}
                    >
                      Restore…
                    </Button>
                  ),
                },
              ]}
            />
          );
        }}
      </IfThere>
      {archives.hasNextPage ? (
        <Button variant="subtle" color="gray" fullWidth onClick={() => void archives.fetchNextPage()}>
          More
        </Button>
      ) : null}
      {restoring ? <RestoreDialog archive={restoring} onClose={() => setRestoring(null)} /> : null}
    </Panel>
  );
}
