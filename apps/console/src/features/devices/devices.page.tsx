import { Button, Checkbox } from '@mantine/core';
import type { DeviceSummary } from '@muster/contracts/devices/devices.schema';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, useRouterState } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { Answer } from '../../ui/answer.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count, many } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { useMay } from '../access/session.queries.js';
import { EnrolDialog } from '../enrollment/enrol-dialog.js';
import { ColumnMenu, useHiddenColumns } from './column-menu.js';
import { deviceColumns } from './device-columns.js';
import { DeviceFilters } from './device-filters.js';
import { devicePagesQuery } from './devices.queries.js';
import { SelectionBar } from './selection-bar.js';

const route = getRouteApi('/inside/devices');

/** A box before each row: the devices something is to be done with. */
const choice = (chosen: ReadonlySet<string>, setChosen: (ids: ReadonlySet<string>) => void): Column<DeviceSummary> => ({
  key: 'choice',
  head: '',
  purpose: 'Chosen',
  width: '34px',
  cell: (row) => (
    <Checkbox
      aria-label={`Choose ${row.name}`}
      checked={chosen.has(row.id)}
      onChange={(event) => {
        const next = new Set(chosen);
        if (event.currentTarget.checked) next.add(row.id);
        else next.delete(row.id);
        setChosen(next);
      }}
    />
  ),
});

/** All devices, by any of their properties; the address holds the filter, the server does the searching. */
export function DevicesPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const hash = useRouterState({ select: (state) => state.location.hash });
  const mayEnrol = useMay('enrollment:write');
  const query = useInfiniteQuery({ ...devicePagesQuery(search), refetchInterval: 15_000 });
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const columns = useHiddenColumns();
  const [enrolHere, setEnrolHere] = useState(false);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const shownColumns = useMemo(() => [choice(chosen, setChosen), ...deviceColumns], [chosen]);
  const { sort, ...filters } = search;
  const filterCount = Object.values(filters).filter(Boolean).length;
  const total = query.data?.pages[0]?.totalSize ?? null;
  const closeEnrol = () => {
    setEnrolHere(false);
    void navigate({ search, hash: '', replace: true });
  };

  return (
    <>
      <PageHeader
        title="Devices"
        sub={
          total === null ? null : (
            <span className="num" role="status">
              {filterCount > 0 ? `${count(total)} match` : many(total, 'device')}
            </span>
          )
        }
        actions={
          <Button
            leftSection={<IconPlus size={14} />}
            disabled={!mayEnrol}
            title={mayEnrol ? undefined : 'Needs the permission enrollment:write'}
            onClick={() => setEnrolHere(true)}
          >
            Enrol a device
          </Button>
        }
      />
      <div className={layout.stack}>
        <DeviceFilters end={<ColumnMenu {...columns} />} />
        <SelectionBar
          search={search}
          total={total}
          chosen={chosen}
          shown={rows.map(({ id }) => id)}
          onChoose={setChosen}
        />
        <Panel bare>
          <Answer query={query} lines={12}>
            {() =>
              rows.length === 0 ? (
                filterCount > 0 ? (
                  <EmptyState
                    title="No device matches"
                    action={
                      <Button variant="default" onClick={() => void navigate({ search: { sort } })}>
                        Clear {many(filterCount, 'filter')}
                      </Button>
                    }
                  >
                    The filter hides them all.
                  </EmptyState>
                ) : (
                  <EmptyState
                    title="No devices yet"
                    action={
                      <Button disabled={!mayEnrol} onClick={() => setEnrolHere(true)}>
                        Enrol the first device
                      </Button>
                    }
                  >
                    One copied command brings a device online in under two minutes.
                  </EmptyState>
                )
              ) : (
                <DataTable
                  caption="Devices"
                  columns={shownColumns}
                  hidden={columns.hidden}
                  rows={rows}
                  rowKey={(row) => row.id}
                  total={total}
                  virtual
                  onEnd={more}
                  sort={sort ?? 'name'}
                  onSort={(next) =>
                    void navigate({ search: { ...search, sort: next as typeof search.sort }, replace: true })
                  }
                  onRow={(row) => void navigate({ to: '/devices/$deviceId', params: { deviceId: row.id } })}
                />
              )
            }
          </Answer>
        </Panel>
      </div>
      {mayEnrol && (enrolHere || hash === 'enrol') ? <EnrolDialog onClose={closeEnrol} /> : null}
    </>
  );
}
