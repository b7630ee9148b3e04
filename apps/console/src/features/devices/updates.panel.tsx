import type { listDeviceExecutions } from '@muster/contracts/campaigns/campaigns.routes';
import type { Device } from '@muster/contracts/devices/devices.schema';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { z } from 'zod';
import { Answer } from '../../ui/answer.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { Elapsed } from '../../ui/elapsed.js';
import { EmptyState } from '../../ui/empty-state.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { ExecutionWhy } from '../campaigns/execution-why.js';
import { deviceExecutionsQuery } from './devices.queries.js';

type Row = z.output<NonNullable<(typeof listDeviceExecutions)['returns']>>['items'][number];

const columns: readonly Column<Row>[] = [
  {
    key: 'campaign',
    head: 'Campaign',
    cell: (row) => (
      <Link to="/campaigns/$campaignId" params={{ campaignId: row.campaignId }} className="link">
        {row.campaignName}
      </Link>
    ),
  },
  { key: 'state', head: 'State', cell: (row) => <StatusBadge noun="execution" state={row.state} /> },
  {
    key: 'why',
    head: 'Why',
    cell: (row) => <ExecutionWhy row={row} />,
  },
  {
    key: 'versions',
    head: 'From → to',
    cell: (row) => (
      <span className="num">
        {row.previousVersion ?? '—'} → {row.releaseVersion ?? '—'}
      </span>
    ),
  },
  { key: 'wave', head: 'Wave', align: 'right', cell: (row) => row.wave },
  { key: 'attempt', head: 'Attempt', align: 'right', cell: (row) => row.attempt },
  { key: 'offered', head: 'Offered', cell: (row) => <RelativeTime at={row.offeredAt} never="not yet" /> },
  {
    key: 'took',
    head: 'Took',
    align: 'right',
    cell: (row) =>
      row.offeredAt ? <Elapsed from={row.offeredAt} to={row.finishedAt} /> : <span className="quiet">—</span>,
  },
];

/** Every update this device took part in, newest first. */
export function UpdatesPanel({ device }: { readonly device: Device }) {
  const executions = useQuery(deviceExecutionsQuery(device.id));
  return (
    <Panel
      title="Updates"
      aside={device.lastKnownGood ? `last known good ${device.lastKnownGood.version}` : undefined}
      bare
    >
      <Answer query={executions}>
        {({ items, totalSize }) =>
          items.length === 0 ? (
            <EmptyState title="No updates yet">Campaigns this device takes part in appear here.</EmptyState>
          ) : (
            <DataTable caption="Updates" columns={columns} rows={items} rowKey={(row) => row.id} total={totalSize} />
          )
        }
      </Answer>
    </Panel>
  );
}
