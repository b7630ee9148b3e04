import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Answer } from '../../ui/answer.js';
import { DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { MiniRail } from '../../ui/wave-rail.js';
import { campaignsQuery } from '../campaigns/campaigns.queries.js';

/** The campaigns that brought or bring this release. */
export function ReleaseCampaignsPanel({ releaseId }: { readonly releaseId: string }) {
  const campaigns = useQuery(campaignsQuery({ releaseId, pageSize: 50 }));
  return (
    <Panel title="Campaigns" bare>
      <Answer query={campaigns}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="No campaign has brought it to devices yet" />
          ) : (
            <DataTable
              caption="Campaigns of this release"
              rows={items}
              rowKey={(row) => row.id}
              columns={[
                {
                  key: 'name',
                  head: 'Campaign',
                  cell: (row) => (
                    <Link to="/campaigns/$campaignId" params={{ campaignId: row.id }} className="link">
                      {row.name}
                    </Link>
                  ),
                },
                { key: 'state', head: 'State', cell: (row) => <StatusBadge noun="campaign" state={row.state} /> },
                { key: 'waves', head: 'Waves', width: '140px', cell: (row) => <MiniRail waves={row.waves} /> },
                {
                  key: 'done',
                  head: 'Succeeded',
                  align: 'right',
                  cell: (row) => `${count(row.counters.succeeded)} of ${count(row.targets)}`,
                },
                { key: 'started', head: 'Started', cell: (row) => <RelativeTime at={row.startedAt} never="not yet" /> },
              ]}
            />
          )
        }
      </Answer>
    </Panel>
  );
}
