import { Button, TextInput } from '@mantine/core';
import type { Page } from '@muster/contracts/page';
import type { ComponentUse } from '@muster/contracts/releases/releases.schema';
import { IconSearch } from '@tabler/icons-react';
import { type UseQueryResult, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Answer } from '../../ui/answer.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count, many } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { useMay } from '../access/session.queries.js';
import { type ComponentSearch, componentDevicesQuery, componentUsesQuery } from './releases.queries.js';

const route = getRouteApi('/inside/components');

const columns: readonly Column<ComponentUse>[] = [
  {
    key: 'release',
    head: 'Release',
    cell: (row) => (
      <Link to="/releases/$releaseId" params={{ releaseId: row.releaseId }} className="link">
        {row.releaseName} <b className="num">{row.releaseVersion}</b>
      </Link>
    ),
  },
  { key: 'state', head: 'State', cell: (row) => <StatusBadge noun="release" state={row.releaseState} /> },
  { key: 'name', head: 'Component', cell: (row) => row.component.name },
  { key: 'version', head: 'Its version', cell: (row) => <b className="num">{row.component.version ?? '–'}</b> },
  { key: 'purl', head: 'Package URL', cell: (row) => (row.component.purl ? <code>{row.component.purl}</code> : '–') },
  {
    key: 'devices',
    head: 'Devices on it',
    align: 'right',
    cell: (row) =>
      row.devices > 0 ? (
        <Link to="/devices" search={{ firmware: row.releaseVersion }} className="link num">
          {count(row.devices)}
        </Link>
      ) : (
        <span className="quiet num">0</span>
      ),
  },
];

/** A release with two versions of a component is run by its devices once. */
const runners = (uses: readonly ComponentUse[]): number =>
  [...new Map(uses.map((use) => [use.releaseId, use.devices])).values()].reduce((sum, n) => sum + n, 0);

function Devices({ search }: { readonly search: ComponentSearch }) {
  const query = useInfiniteQuery(componentDevicesQuery(search));
  return (
    <Panel title="Devices that run it" bare>
      <Answer query={query} lines={6}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) return <EmptyState title="No device runs it" />;
          return (
            <DataTable
              caption="Devices that run it"
              rows={rows}
              rowKey={(row) => `${row.deviceId}|${row.releaseVersion}|${row.component.purl}|${row.component.version}`}
              virtual={rows.length > 20}
              onEnd={() => query.hasNextPage && !query.isFetchingNextPage && void query.fetchNextPage()}
              columns={[
                {
                  key: 'device',
                  head: 'Device',
                  cell: (row) => (
                    <Link to="/devices/$deviceId" params={{ deviceId: row.deviceId }} className="link">
                      {row.deviceName}
                    </Link>
                  ),
                },
                { key: 'release', head: 'Runs', cell: (row) => <span className="num">{row.releaseVersion}</span> },
                {
                  key: 'version',
                  head: 'Version of it',
                  cell: (row) => <span className="num">{row.component.version ?? '–'}</span>,
                },
              ]}
            />
          );
        }}
      </Answer>
    </Panel>
  );
}

/** The devices are asked for once the range was understood, so that a fault in it is told once. */
function Found({ search }: { readonly search: ComponentSearch }) {
  const query = useQuery(componentUsesQuery(search));
  const mayDevices = useMay('device:read');
  return (
    <>
      <Uses query={query} />
      {mayDevices && query.isSuccess ? <Devices search={search} /> : null}
    </>
  );
}

function Uses({ query }: { readonly query: UseQueryResult<Page<ComponentUse>, Error> }) {
  return (
    <Panel
      title="Releases that contain it"
      aside={
        query.data && query.data.items.length > 0 ? (
          <span className="quiet">on {many(runners(query.data.items), 'device')}</span>
        ) : null
      }
      bare
    >
      <Answer query={query} lines={4}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="No release contains it">
              Only releases with an SBOM are searched, by the whole name of a component.
            </EmptyState>
          ) : (
            <DataTable
              caption="Releases that contain it"
              columns={columns}
              rows={items}
              rowKey={(row) => `${row.releaseId}|${row.component.name}|${row.component.version}|${row.component.purl}`}
            />
          )
        }
      </Answer>
    </Panel>
  );
}

/** Which releases contain a component, and which devices run them: the page of the morning after an advisory. */
export function ComponentsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [name, setName] = useState(search.name ?? '');
  const [version, setVersion] = useState(search.version ?? '');
  const asked = search.name ? { name: search.name, version: search.version } : null;
  return (
    <>
      <PageHeader
        title="Components"
        parent={{ to: '/releases', label: 'Releases' }}
        sub="Which releases contain a component, and which devices run it."
      />
      <div className={layout.stack}>
        <form
          className={layout.filters}
          onSubmit={(event) => {
            event.preventDefault();
            void navigate({ search: { name: name.trim() || undefined, version: version.trim() || undefined } });
          }}
        >
          <TextInput
            className={layout.grow}
            aria-label="Component"
            placeholder="Component, such as openssl"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            aria-label="Versions"
            placeholder="Any version, or <3.0.14"
            value={version}
            onChange={(event) => setVersion(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" leftSection={<IconSearch size={14} />} disabled={name.trim() === ''}>
            Find
          </Button>
        </form>
        {asked ? (
          <Found search={asked} />
        ) : (
          <Panel>
            <EmptyState title="Name a component">
              Versions are a range such as &lt;3.0.14, &gt;=1.2 &lt;2 or =1.0.0. Epochs, suffixes of distributions and
              letters are understood.
            </EmptyState>
          </Panel>
        )}
      </div>
    </>
  );
}
