import { Button } from '@mantine/core';
import type { GoldenConfig } from '@muster/contracts/configs/configs.schema';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Answer } from '../../ui/answer.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count, words } from '../../ui/format.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { PartitionBar } from '../../ui/partition-bar.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { selectorText } from '../../ui/selector-text.js';
import { useMay } from '../access/session.queries.js';
import classes from './configs.module.css';
import { configsQuery } from './configs.queries.js';
import { NewConfigDialog } from './new-config-dialog.js';

const route = getRouteApi('/inside/configs');

/** Drifted, converged and still on their way: the three parts of a config's devices. */
export const configParts = (config: GoldenConfig) => [
  { key: 'converged', label: 'Converged', count: config.converged, tone: 'good' as const },
  { key: 'drifted', label: 'Drifted', count: config.drifted, tone: 'warn' as const },
  {
    key: 'pending',
    label: 'On their way',
    count: Math.max(0, config.devices - config.converged - config.drifted),
    tone: 'idle' as const,
  },
];

const columns: readonly Column<GoldenConfig>[] = [
  {
    key: 'name',
    head: 'Name',
    cell: (row) => (
      <Link to="/configs/$configId" params={{ configId: row.id }} className={classes.name}>
        {row.name}
      </Link>
    ),
  },
  { key: 'layer', head: 'Layer', cell: (row) => words(row.layer) },
  { key: 'selector', head: 'For', cell: (row) => <span className="soft">{selectorText(row.selector)}</span> },
  {
    key: 'published',
    head: 'Published',
    cell: (row) => (
      <span className="num">
        {row.publishedNumber === null ? <span className="quiet">never</span> : `v${row.publishedNumber}`}
        {row.draftNumber === null ? null : <span className={classes.draft}>draft v{row.draftNumber}</span>}
      </span>
    ),
  },
  {
    key: 'state',
    head: 'Devices',
    width: '200px',
    cell: (row) => <PartitionBar slim parts={configParts(row)} total={row.devices} unit="devices" />,
  },
  {
    key: 'drift',
    head: 'Drifted',
    align: 'right',
    cell: (row) =>
      row.drifted > 0 ? (
        <span className={classes.warn}>
          {count(row.drifted)} <span className="quiet">of {count(row.devices)}</span>
        </span>
      ) : (
        <span className="quiet">0 of {count(row.devices)}</span>
      ),
  },
  { key: 'created', head: 'Created', cell: (row) => <RelativeTime at={row.createdAt} /> },
];

/** The golden configs: what devices should be set to, layer by layer. */
export function ConfigsPage() {
  const configs = useQuery(configsQuery);
  const navigate = route.useNavigate();
  const may = useMay('config:write');
  const [making, setMaking] = useState(false);
  const add = (
    <Button
      leftSection={<IconPlus size={14} />}
      disabled={!may}
      title={may ? undefined : 'Needs the permission config:write'}
      onClick={() => setMaking(true)}
    >
      New golden config
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Golden configs"
        sub="What devices should be set to. Layers override upwards: class, then group, then device."
        actions={add}
      />
      <Panel bare>
        <Answer query={configs} lines={6}>
          {({ items, totalSize }) =>
            items.length === 0 ? (
              <EmptyState title="No golden configs yet" action={add}>
                Publish one, and every device it selects is brought to it; whoever differs shows as drifted.
              </EmptyState>
            ) : (
              <DataTable
                caption="Golden configs"
                columns={columns}
                rows={items}
                rowKey={(row) => row.id}
                total={totalSize}
                onRow={(row) => void navigate({ to: '/configs/$configId', params: { configId: row.id } })}
              />
            )
          }
        </Answer>
      </Panel>
      {making ? (
        <NewConfigDialog
          onClose={() => setMaking(false)}
          onMade={(configId) => void navigate({ to: '/configs/$configId', params: { configId } })}
        />
      ) : null}
    </>
  );
}
