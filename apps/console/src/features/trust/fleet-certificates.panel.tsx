import { Button, Select } from '@mantine/core';
import type { FleetCertificate } from '@muster/contracts/certificates/certificates.schema';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import type { TrustSearch } from '../../app/search.js';
import { Answer } from '../../ui/answer.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { many, moment, words } from '../../ui/format.js';
import { keyName } from '../../ui/key-name.js';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { vocabulary } from '../../ui/vocabulary.js';
import { authoritiesQuery, fleetCertificatesQuery } from './trust.queries.js';

const route = getRouteApi('/inside/trust');

const columns: readonly Column<FleetCertificate>[] = [
  {
    key: 'device',
    head: 'Device',
    cell: (row) => (
      <Link
        to="/devices/$deviceId"
        params={{ deviceId: row.deviceId }}
        search={{ tab: 'certificates' }}
        className="link"
      >
        {row.deviceName}
      </Link>
    ),
  },
  {
    key: 'state',
    head: 'State',
    cell: (row) => (
      <StatusBadge noun="certificate" state={row.state} {...(row.reasonDetail ? { title: row.reasonDetail } : {})} />
    ),
  },
  {
    key: 'ends',
    head: 'Ends',
    sort: 'notAfter',
    cell: (row) => <RelativeTime at={row.notAfter} />,
  },
  { key: 'renews', head: 'Renews from', cell: (row) => <span className="num">{moment(row.renewFrom)}</span> },
  {
    key: 'source',
    head: 'Let in by',
    cell: (row) => (
      <span className="soft">
        {words(row.source).toLowerCase()}
        {row.late ? ', late' : ''}
      </span>
    ),
  },
  { key: 'generation', head: 'Generation', align: 'right', cell: (row) => row.generation },
  { key: 'key', head: 'Key', cell: (row) => <span className="soft">{keyName(row.keyAlgorithm)}</span> },
  {
    key: 'serial',
    head: 'Serial',
    cell: (row) => <code title={row.serial}>{row.serial.slice(0, 12)}…</code>,
  },
];

/** Certificates of the whole fleet, those that end first first; the address holds the filter. */
export function FleetCertificatesPanel() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { state, authorityId, renewal, within, sort } = search;
  const filter = useMemo(
    () => ({ state, authorityId, renewal, within, sort }),
    [state, authorityId, renewal, within, sort],
  );
  const query = useInfiniteQuery(fleetCertificatesQuery(filter));
  const authorities = useQuery(authoritiesQuery).data?.items.filter(({ kind }) => kind === 'device') ?? [];
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const set = (part: Partial<TrustSearch>) => void navigate({ search: { ...search, ...part }, replace: true });
  const filters = [state, authorityId, renewal, within].filter(Boolean).length;
  const total = query.data?.pages[0]?.totalSize ?? null;
  return (
    <div className={layout.stack}>
      <div className={layout.filters}>
        <Select
          aria-label="State"
          placeholder="Any state"
          clearable
          w={150}
          data={Object.keys(vocabulary.certificate).map((value) => ({ value, label: words(value) }))}
          value={state ?? null}
          onChange={(value) => set({ state: (value ?? undefined) as TrustSearch['state'] })}
        />
        <Select
          aria-label="Renewal"
          placeholder="Any renewal"
          clearable
          w={170}
          data={[
            { value: 'due', label: 'In its window' },
            { value: 'overdue', label: 'Overdue' },
          ]}
          value={renewal ?? null}
          onChange={(value) => set({ renewal: (value ?? undefined) as TrustSearch['renewal'] })}
        />
        <Select
          aria-label="Ends within"
          placeholder="Ends any time"
          clearable
          w={170}
          data={[
            { value: '7', label: 'Within 7 days' },
            { value: '30', label: 'Within 30 days' },
            { value: '90', label: 'Within 90 days' },
          ]}
          value={within ?? null}
          onChange={(value) => set({ within: (value ?? undefined) as TrustSearch['within'] })}
        />
        <Select
          aria-label="Authority"
          placeholder="Any authority"
          clearable
          w={190}
          data={authorities.map(({ id, generation }) => ({ value: id, label: `Generation ${generation}` }))}
          value={authorityId ?? null}
          onChange={(value) => set({ authorityId: value ?? undefined })}
        />
        <span className="num soft" role="status">
          {total === null ? '' : many(total, 'certificate')}
        </span>
      </div>
      <Panel bare>
        <Answer query={query} lines={12}>
          {() =>
            rows.length === 0 ? (
              filters > 0 ? (
                <EmptyState
                  title="No certificate matches"
                  action={
                    <Button variant="default" onClick={() => void navigate({ search: { tab: 'certificates' } })}>
                      Clear {many(filters, 'filter')}
                    </Button>
                  }
                >
                  The filter hides them all.
                </EmptyState>
              ) : (
                <EmptyState title="No certificates yet">The first comes with the first device that enrols.</EmptyState>
              )
            ) : (
              <DataTable
                caption="Certificates"
                columns={columns}
                rows={rows}
                rowKey={(row) => row.id}
                total={total}
                virtual
                onEnd={more}
                sort={sort ?? 'notAfter'}
                onSort={(next) => set({ sort: next as TrustSearch['sort'] })}
                onRow={(row) =>
                  void navigate({
                    to: '/devices/$deviceId',
                    params: { deviceId: row.deviceId },
                    search: { tab: 'certificates' },
                  })
                }
              />
            )
          }
        </Answer>
      </Panel>
    </div>
  );
}
