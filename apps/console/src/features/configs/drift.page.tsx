import { Button, Select } from '@mantine/core';
import { type Drift, driftClasses } from '@muster/contracts/devices/devices.schema';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { Answer } from '../../ui/answer.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count, inline, many, percent, words } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { lookOf } from '../../ui/vocabulary.js';
import classes from './configs.module.css';
import { driftByPathQuery, driftQuery } from './configs.queries.js';

const route = getRouteApi('/inside/drift');

const columns: readonly Column<Drift>[] = [
  {
    key: 'device',
    head: 'Device',
    cell: (row) => (
      <Link to="/devices/$deviceId" params={{ deviceId: row.deviceId }} search={{ tab: 'twin' }} className="link">
        {row.deviceName}
      </Link>
    ),
  },
  { key: 'path', head: 'Key', cell: (row) => <code>{row.path}</code> },
  { key: 'class', head: 'Class', cell: (row) => <StatusBadge noun="drift" state={row.class} /> },
  { key: 'desired', head: 'Desired', cell: (row) => <code>{inline(row.desired)}</code> },
  { key: 'reported', head: 'Reported', cell: (row) => <code>{inline(row.reported)}</code> },
  { key: 'cause', head: 'Cause', cell: (row) => <span className="soft">{row.cause ?? '—'}</span> },
  { key: 'since', head: 'Since', cell: (row) => <RelativeTime at={row.since} /> },
];

function ByKey() {
  const query = useQuery(driftByPathQuery);
  const navigate = route.useNavigate();
  return (
    <Panel
      title="By key"
      aside={
        query.data && query.data.drifted > 0
          ? `${count(query.data.drifted)} of ${many(query.data.total, 'device')} drifted (${percent(query.data.drifted / query.data.total)})`
          : undefined
      }
      bare
    >
      <Answer query={query}>
        {({ items, total }) =>
          items.length === 0 ? (
            <EmptyState title="No drift">
              All {many(total, 'device')} report what they should be. A device edited by hand shows up here.
            </EmptyState>
          ) : (
            <DataTable
              caption="Drift by key"
              columns={[
                { key: 'path', head: 'Key', cell: (row) => <code>{row.path}</code> },
                { key: 'class', head: 'Class', cell: (row) => <StatusBadge noun="drift" state={row.class} /> },
                {
                  key: 'devices',
                  head: 'Devices',
                  align: 'right',
                  cell: (row) => <b className="num">{count(row.devices)}</b>,
                },
                { key: 'oldest', head: 'Oldest', cell: (row) => <RelativeTime at={row.oldest} /> },
              ]}
              rows={items}
              rowKey={(row) => `${row.class} ${row.path}`}
              onRow={(row) => void navigate({ search: { path: row.path, class: row.class } })}
            />
          )
        }
      </Answer>
    </Panel>
  );
}

/** Where devices differ from what they should be: which key, which device, since when, in which way. */
export function DriftPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = useInfiniteQuery(driftQuery(search));
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const filtered = search.class !== undefined || search.path !== undefined;
  return (
    <>
      <PageHeader title="Drift" sub="Where devices differ from what they should be, key by key." />
      <div className={layout.stack}>
        <ByKey />
        <Panel
          title="By device"
          aside={search.path ? <code>{search.path}</code> : undefined}
          actions={
            <>
              {filtered ? (
                <Button variant="subtle" color="gray" onClick={() => void navigate({ search: {} })}>
                  Clear filters
                </Button>
              ) : null}
              <Select
                aria-label="Class"
                placeholder="Any class"
                clearable
                w={160}
                value={search.class ?? null}
                data={driftClasses.map((value) => ({ value, label: lookOf('drift', value).word ?? words(value) }))}
                onChange={(value) =>
                  void navigate({ search: { ...search, class: (value ?? undefined) as typeof search.class } })
                }
              />
            </>
          }
          bare
        >
          <Answer query={query}>
            {({ pages }) =>
              rows.length === 0 ? (
                <EmptyState title={filtered ? 'No drift matches' : 'Every device is as configured'} />
              ) : (
                <div className={classes.fields}>
                  <DataTable
                    caption="Drifted fields by device"
                    columns={columns}
                    rows={rows}
                    rowKey={(row) => `${row.deviceId} ${row.path}`}
                    total={pages[0]?.totalSize ?? null}
                    virtual
                    onEnd={more}
                  />
                </div>
              )
            }
          </Answer>
        </Panel>
      </div>
    </>
  );
}
