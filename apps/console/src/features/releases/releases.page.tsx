import { Button, Select } from '@mantine/core';
import { type Release, releaseStates } from '@muster/contracts/releases/releases.schema';
import { IconSearch, IconUpload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useRouterState } from '@tanstack/react-router';
import { useState } from 'react';
import { Answer } from '../../ui/answer.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { bytes, count, words } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { useMay } from '../access/session.queries.js';
import { releasesQuery } from './releases.queries.js';
import { SupportEnd } from './support-end.js';
import { UploadDialog } from './upload-dialog.js';

const route = getRouteApi('/inside/releases');

const columns: readonly Column<Release>[] = [
  {
    key: 'name',
    head: 'Release',
    cell: (row) => (
      <Link to="/releases/$releaseId" params={{ releaseId: row.id }} className="link">
        {row.name} <b className="num">{row.version}</b>
      </Link>
    ),
  },
  { key: 'state', head: 'State', cell: (row) => <StatusBadge noun="release" state={row.state} /> },
  { key: 'models', head: 'Models', cell: (row) => row.models.join(', ') },
  { key: 'size', head: 'Size', align: 'right', cell: (row) => bytes(row.artifact.size) },
  {
    key: 'devices',
    head: 'Devices on it',
    align: 'right',
    cell: (row) =>
      row.devicesOn > 0 ? (
        <Link to="/devices" search={{ firmware: row.version }} className="link">
          {count(row.devicesOn)}
        </Link>
      ) : (
        <span className="quiet">0</span>
      ),
  },
  {
    key: 'sbom',
    head: 'Components',
    align: 'right',
    cell: (row) =>
      row.sbom ? <span className="num">{count(row.sbom.components)}</span> : <span className="quiet">–</span>,
  },
  { key: 'support', head: 'Support until', cell: (row) => <SupportEnd at={row.supportUntil} short /> },
  { key: 'published', head: 'Published', cell: (row) => <RelativeTime at={row.publishedAt} never="not yet" /> },
];

/** The releases: what can be brought to devices, and how far each is on its way there. */
export function ReleasesPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const hash = useRouterState({ select: (state) => state.location.hash });
  const may = useMay('release:write');
  const releases = useQuery(releasesQuery({ pageSize: 200, ...search }));
  const [here, setHere] = useState(false);
  const filtered = Boolean(search.state || search.model);
  const upload = (
    <Button
      leftSection={<IconUpload size={14} />}
      disabled={!may}
      title={may ? undefined : 'Needs the permission release:write'}
      onClick={() => setHere(true)}
    >
      Upload a release
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Releases"
        sub="An artifact with a signed manifest. Devices check the signature before they download a byte."
        actions={
          <>
            <Button component={Link} to="/components" variant="default" leftSection={<IconSearch size={14} />}>
              Find a component
            </Button>
            {upload}
          </>
        }
      />
      <div className={layout.stack}>
        <div className={layout.filters}>
          <Select
            aria-label="State"
            placeholder="Any state"
            clearable
            value={search.state ?? null}
            data={releaseStates.map((state) => ({ value: state, label: words(state) }))}
            onChange={(state) =>
              void navigate({ search: { ...search, state: (state ?? undefined) as typeof search.state } })
            }
          />
        </div>
        <Panel bare>
          <Answer query={releases} lines={6}>
            {({ items, totalSize }) =>
              items.length === 0 ? (
                filtered ? (
                  <EmptyState
                    title="No release matches"
                    action={
                      <Button variant="default" onClick={() => void navigate({ search: {} })}>
                        Clear filters
                      </Button>
                    }
                  />
                ) : (
                  <EmptyState title="No releases yet" action={upload}>
                    Upload a file, sign it and publish it; then a campaign can bring it to devices.
                  </EmptyState>
                )
              ) : (
                <DataTable
                  caption="Releases"
                  columns={columns}
                  rows={items}
                  rowKey={(row) => row.id}
                  total={totalSize}
                  onRow={(row) => void navigate({ to: '/releases/$releaseId', params: { releaseId: row.id } })}
                />
              )
            }
          </Answer>
        </Panel>
      </div>
      {may && (here || hash === 'upload') ? (
        <UploadDialog
          onClose={() => {
            setHere(false);
            void navigate({ search, hash: '', replace: true });
          }}
          onMade={(releaseId) => void navigate({ to: '/releases/$releaseId', params: { releaseId } })}
        />
      ) : null}
    </>
  );
}
