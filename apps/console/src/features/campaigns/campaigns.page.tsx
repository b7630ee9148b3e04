import { Button, SegmentedControl, Select } from '@mantine/core';
import { type CampaignSummary, campaignStates } from '@muster/contracts/campaigns/campaigns.schema';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Answer } from '../../ui/answer.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count, words } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { MiniRail } from '../../ui/wave-rail.js';
import { outcomes } from './campaign-parts.js';
import classes from './campaigns.module.css';
import { campaignsQuery } from './campaigns.queries.js';
import { NeedsYouPanel } from './needs-you.panel.js';

type Row = CampaignSummary;

const route = getRouteApi('/inside/campaigns');

const columns: readonly Column<Row>[] = [
  {
    key: 'name',
    head: 'Campaign',
    cell: (row) => (
      <div className={classes.titled}>
        <Link to="/campaigns/$campaignId" params={{ campaignId: row.id }} className={classes.name}>
          {row.name}
        </Link>
        <span className={`${classes.sentence} quiet`} title={row.sentence}>
          {row.sentence}
        </span>
      </div>
    ),
  },
  { key: 'state', head: 'State', cell: (row) => <StatusBadge noun="campaign" state={row.state} /> },
  { key: 'waves', head: 'Waves', width: '120px', cell: (row) => <MiniRail waves={row.waves} /> },
  {
    key: 'release',
    head: 'Release',
    cell: (row) => <span className="num">{row.releaseVersion ?? words(row.kind)}</span>,
  },
  {
    key: 'done',
    head: 'Resolved',
    align: 'right',
    cell: (row) => (
      <>
        {count(outcomes(row.counters).resolved)} <span className="quiet">of {count(row.targets)}</span>
      </>
    ),
  },
  {
    key: 'bad',
    head: 'Failed',
    align: 'right',
    cell: (row) => {
      const { bad } = outcomes(row.counters);
      return bad > 0 ? <span className={classes.bad}>{count(bad)}</span> : <span className="quiet">0</span>;
    },
  },
  { key: 'started', head: 'Started', cell: (row) => <RelativeTime at={row.startedAt} never="not started" /> },
];

/** Every campaign, newest first, with its waves and its sentence. */
export function CampaignsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const campaigns = useQuery(campaignsQuery({ pageSize: 200, ...search }));
  const active = useQuery(campaignsQuery({ active: 'true', pageSize: 50 }));
  const filtered = Boolean(search.state || search.active);
  return (
    <>
      <PageHeader
        title="Campaigns"
        sub="Releases, configs and commands, brought to the fleet in waves that must prove themselves."
        actions={
          <Button component={Link} to="/campaigns/new" leftSection={<IconPlus size={14} />}>
            New campaign
          </Button>
        }
      />
      <div className={layout.stack}>
        <NeedsYouPanel campaigns={active.data?.items ?? []} />
        <div className={layout.filters}>
          <SegmentedControl
            aria-label="Which campaigns"
            value={search.active ?? 'all'}
            onChange={(value) =>
              void navigate({
                search: { ...search, active: value === 'all' ? undefined : (value as 'true' | 'false') },
              })
            }
            data={[
              { value: 'all', label: 'All' },
              { value: 'true', label: 'Active' },
              { value: 'false', label: 'Ended' },
            ]}
          />
          <Select
            aria-label="State"
            placeholder="Any state"
            clearable
            w={200}
            value={search.state ?? null}
            data={campaignStates.map((state) => ({ value: state, label: words(state) }))}
            onChange={(state) =>
              void navigate({ search: { ...search, state: (state ?? undefined) as typeof search.state } })
            }
          />
        </div>
        <Panel bare>
          <Answer query={campaigns} lines={8}>
            {({ items, totalSize }) =>
              items.length === 0 ? (
                filtered ? (
                  <EmptyState
                    title="No campaign matches"
                    action={
                      <Button variant="default" onClick={() => void navigate({ search: {} })}>
                        Clear filters
                      </Button>
                    }
                  />
                ) : (
                  <EmptyState title="No campaigns yet">
                    A campaign brings a published release to devices wave by wave, and stops by itself when a wave shows
                    it should.
                  </EmptyState>
                )
              ) : (
                <DataTable
                  caption="Campaigns"
                  columns={columns}
                  rows={items}
                  rowKey={(row) => row.id}
                  total={totalSize}
                  onRow={(row) => void navigate({ to: '/campaigns/$campaignId', params: { campaignId: row.id } })}
                />
              )
            }
          </Answer>
        </Panel>
      </div>
    </>
  );
}
