import { Button } from '@mantine/core';
import type { Site } from '@muster/contracts/devices/devices.schema';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Answer } from '../../ui/answer.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count } from '../../ui/format.js';
import { useNow } from '../../ui/now.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { timeIn } from '../../ui/time-zones.js';
import { useMay } from '../access/session.queries.js';
import { SiteDialog } from './site-dialog.js';
import { sitesQuery } from './sites.queries.js';

function There({ zone }: { readonly zone: string }) {
  return <span className="num quiet">{timeIn(zone, useNow())}</span>;
}

/** Where devices are, and which clock their maintenance windows follow. */
export function SitesPage() {
  const sites = useQuery(sitesQuery);
  const may = useMay('device:write');
  const [changing, setChanging] = useState<Site | null>(null);
  const columns: readonly Column<Site>[] = [
    {
      key: 'site',
      head: 'Site',
      cell: (row) => (
        <Link to="/devices" search={{ site: row.name }} className="link">
          {row.name}
        </Link>
      ),
    },
    { key: 'zone', head: 'Time zone', cell: (row) => row.timezone },
    { key: 'there', head: 'There now', cell: (row) => <There zone={row.timezone} /> },
    { key: 'region', head: 'Region', cell: (row) => row.region ?? <span className="quiet">—</span> },
    { key: 'devices', head: 'Devices', align: 'right', cell: (row) => count(row.devices) },
    {
      key: 'change',
      head: '',
      align: 'right',
      cell: (row) => (
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          disabled={!may}
          title={may ? undefined : 'Needs the permission device:write'}
          aria-label={`Change ${row.name}`}
          onClick={() => setChanging(row)}
        >
          Change…
        </Button>
      ),
    },
  ];
  return (
    <>
      <PageHeader
        title="Sites"
        sub="Where devices are. Maintenance windows follow the clock of a device’s site; without a site they follow UTC."
      />
      <Panel bare>
        <Answer query={sites} lines={6}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState title="No sites yet">A site appears with the first device that names it.</EmptyState>
            ) : (
              <DataTable caption="Sites" columns={columns} rows={items} rowKey={(row) => row.name} />
            )
          }
        </Answer>
      </Panel>
      {changing ? <SiteDialog site={changing} onClose={() => setChanging(null)} /> : null}
    </>
  );
}
