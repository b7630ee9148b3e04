import { disableManufacturer } from '@muster/contracts/enrollment/manufacturers.routes';
import type { Manufacturer } from '@muster/contracts/enrollment/manufacturers.schema';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count, many } from '../../ui/format.js';
import { PagedList } from '../../ui/paged-list.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { MayButton } from '../access/may-button.js';
import { manufacturersQuery } from './enrollment.queries.js';
import { ManufacturerDialog } from './manufacturer-dialog.js';
import { ProveDialog } from './prove-dialog.js';

/** Manufacturers whose factory certificates let devices in, once it is proven that they hold the key of their CA. */
export function ManufacturersPanel() {
  const manufacturers = useInfiniteQuery(manufacturersQuery);
  const [adding, setAdding] = useState(false);
  const [proving, setProving] = useState<Manufacturer | null>(null);
  const [ending, setEnding] = useState<Manufacturer | null>(null);
  const disable = useAction(disableManufacturer, { stale: [['manufacturers']], onDone: () => setEnding(null) });
  const columns: readonly Column<Manufacturer>[] = [
    { key: 'name', head: 'Manufacturer', cell: (row) => <b title={row.subject}>{row.name}</b> },
    { key: 'state', head: 'State', cell: (row) => <StatusBadge noun="manufacturer" state={row.state} /> },
    { key: 'model', head: 'Model', cell: (row) => row.model },
    {
      key: 'serial',
      head: 'Serial number from',
      cell: (row) => <span className="soft">{row.serialFrom === 'common_name' ? 'common name' : 'serialNumber'}</span>,
    },
    {
      key: 'approval',
      head: 'Its devices',
      cell: (row) => (row.approval === 'automatic' ? 'come in' : 'wait for a person'),
    },
    { key: 'enrolled', head: 'Enrolled', align: 'right', cell: (row) => count(row.enrolled) },
    { key: 'ends', head: 'CA ends', cell: (row) => <RelativeTime at={row.notAfter} /> },
    {
      key: 'do',
      head: '',
      purpose: 'Actions',
      align: 'right',
      cell: (row) => (
        <>
          {row.state === 'unproven' ? (
            <MayButton
              permission="enrollment:write"
              variant="default"
              size="compact-xs"
              aria-label={`Prove ${row.name}`}
              onClick={() => setProving(row)}
            >
              Prove…
            </MayButton>
          ) : null}
          {row.state !== 'disabled' ? (
            <MayButton
              permission="enrollment:write"
              variant="subtle"
              color="gray"
              size="compact-xs"
              aria-label={`Disable ${row.name}`}
              onClick={() => setEnding(row)}
            >
              Disable…
            </MayButton>
          ) : null}
        </>
      ),
    },
  ];
  return (
    <Panel
      title="Manufacturers"
      aside="newest first"
      actions={
        <MayButton permission="enrollment:write" leftSection={<IconPlus size={14} />} onClick={() => setAdding(true)}>
          Register a manufacturer
        </MayButton>
      }
      bare
    >
      <PagedList
        query={manufacturers}
        empty={
          <EmptyState title="No manufacturer is registered">
            When devices leave their factory with a certificate (IEEE 802.1AR), register the CA that signed it and prove
            that its key is at hand. Each device then enrols with its factory certificate.
          </EmptyState>
        }
      >
        {(rows) => <DataTable caption="Manufacturers" rows={rows} rowKey={(row) => row.id} columns={columns} />}
      </PagedList>
      {adding ? (
        <ManufacturerDialog
          onClose={() => setAdding(false)}
          onMade={(made) => {
            setAdding(false);
            setProving(made);
          }}
        />
      ) : null}
      {proving ? <ProveDialog manufacturer={proving} onClose={() => setProving(null)} /> : null}
      {ending ? (
        <ConfirmAction
          opened
          onClose={() => setEnding(null)}
          title={`Disable ${ending.name}?`}
          verb="Disable"
          danger
          busy={disable.isPending}
          error={disable.error}
          onConfirm={() => disable.mutate({ params: { manufacturerId: ending.id } })}
        >
          <p>
            No further device enrols by its factory certificates. The <strong>{many(ending.enrolled, 'device')}</strong>{' '}
            that did stay.
          </p>
        </ConfirmAction>
      ) : null}
    </Panel>
  );
}
