import type { Exclusion } from '@muster/contracts/campaigns/plans.schema';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { z } from 'zod';
import { Answer } from '../../ui/answer.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { words } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { exclusionsQuery } from './campaigns.queries.js';

type Row = z.infer<typeof Exclusion>;

const columns: readonly Column<Row>[] = [
  {
    key: 'device',
    head: 'Device',
    cell: (row) => (
      <Link to="/devices/$deviceId" params={{ deviceId: row.deviceId }} className="link">
        {row.deviceName}
      </Link>
    ),
  },
  { key: 'reason', head: 'Left out because', cell: (row) => words(row.reasonCode) },
  { key: 'detail', head: 'Detail', cell: (row) => <span className="soft">{row.reasonDetail}</span> },
];

/** Devices the selector matched and the launch left out, each with its reason. */
export function ExclusionsPanel({ campaignId }: { readonly campaignId: string }) {
  const exclusions = useQuery(exclusionsQuery(campaignId));
  return (
    <Panel title="Exclusions" aside="matched by the selector, not targeted" bare>
      <Answer query={exclusions}>
        {({ items, totalSize }) =>
          items.length === 0 ? (
            <EmptyState title="Nobody was left out">Every device the selector matched is a target.</EmptyState>
          ) : (
            <DataTable
              caption="Excluded devices"
              columns={columns}
              rows={items}
              rowKey={(row) => row.deviceId}
              total={totalSize}
              virtual
            />
          )
        }
      </Answer>
    </Panel>
  );
}
