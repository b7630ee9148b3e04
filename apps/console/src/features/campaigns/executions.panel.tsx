import { Button, Select } from '@mantine/core';
import { type Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { type Execution, executionStates } from '@muster/contracts/campaigns/executions.schema';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { Answer } from '../../ui/answer.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { words } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { executionsQuery } from './campaigns.queries.js';
import { ExecutionWhy } from './execution-why.js';

const route = getRouteApi('/inside/campaigns/$campaignId');

const columns: readonly Column<Execution>[] = [
  {
    key: 'device',
    head: 'Device',
    cell: (row) => (
      <Link to="/devices/$deviceId" params={{ deviceId: row.deviceId }} search={{ tab: 'updates' }} className="link">
        {row.deviceName}
      </Link>
    ),
  },
  { key: 'wave', head: 'Wave', align: 'right', width: '60px', cell: (row) => row.wave },
  {
    key: 'state',
    head: 'State',
    cell: (row) => (
      <>
        <StatusBadge noun="execution" state={row.state} />
        {row.progress !== null && row.state === 'downloading' ? (
          <span className="quiet num"> {Math.round(row.progress)}%</span>
        ) : null}
        {row.provisional ? <span className="quiet"> provisional</span> : null}
      </>
    ),
  },
  { key: 'why', head: 'Why', cell: (row) => <ExecutionWhy row={row} /> },
  {
    key: 'versions',
    head: 'From → to',
    cell: (row) => (
      <span className="num">
        {row.previousVersion ?? '—'} → {row.releaseVersion ?? '—'}
      </span>
    ),
  },
  { key: 'attempt', head: 'Attempt', align: 'right', cell: (row) => row.attempt },
  { key: 'since', head: 'Since', cell: (row) => <RelativeTime at={row.since} /> },
];

/** The campaign's devices one by one, by state and wave. */
export function ExecutionsPanel({ campaign }: { readonly campaign: Campaign }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = useInfiniteQuery(executionsQuery(campaign.id, { state: search.state, wave: search.wave }));
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const filtered = search.state !== undefined || search.wave !== undefined;
  const clear = () => void navigate({ search: { tab: 'devices' } });
  return (
    <Panel
      title="Devices"
      aside={search.wave ? `of wave ${search.wave}` : undefined}
      actions={
        <>
          <Select
            aria-label="Wave"
            placeholder="Any wave"
            clearable
            w={120}
            value={search.wave ? String(search.wave) : null}
            data={campaign.waves.map((wave) => ({ value: String(wave.n), label: `Wave ${wave.n}` }))}
            onChange={(wave) =>
              void navigate({ search: { ...search, tab: 'devices', wave: wave ? Number(wave) : undefined } })
            }
          />
          <Select
            aria-label="State"
            placeholder="Any state"
            clearable
            w={160}
            value={search.state ?? null}
            data={executionStates.map((state) => ({ value: state, label: words(state) }))}
            onChange={(state) =>
              void navigate({
                search: { ...search, tab: 'devices', state: (state ?? undefined) as typeof search.state },
              })
            }
          />
        </>
      }
      bare
    >
      <Answer query={query} lines={8}>
        {(data) =>
          rows.length === 0 ? (
            <EmptyState
              title={filtered ? 'No device matches' : 'Nothing offered yet'}
              action={
                filtered ? (
                  <Button variant="default" onClick={clear}>
                    Clear filters
                  </Button>
                ) : null
              }
            >
              {filtered ? null : 'Devices appear here when their wave opens.'}
            </EmptyState>
          ) : (
            <DataTable
              caption="Devices of the campaign"
              columns={columns}
              rows={rows}
              rowKey={(row) => row.id}
              total={data.pages[0]?.totalSize ?? null}
              virtual
              onEnd={more}
            />
          )
        }
      </Answer>
    </Panel>
  );
}
