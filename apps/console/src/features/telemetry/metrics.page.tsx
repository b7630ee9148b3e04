import { Button, TextInput } from '@mantine/core';
import type { Metric } from '@muster/contracts/telemetry/metrics.schema';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { type Column, DataTable } from '../../ui/data-table.js';
import { durationText } from '../../ui/duration-text.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count, reading } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { useMay } from '../access/session.queries.js';
import { IfThere } from './if-there.js';
import { MetricDialog } from './metric-dialog.js';
import { metricName } from './metric-name.js';
import { metricsQuery } from './metrics.queries.js';

const route = getRouteApi('/inside/metrics-catalogue');

const bound = (value: number | null) => (value === null ? '…' : reading(value));

const remarks = (metric: Metric): string =>
  [
    metric.aliasOf
      ? `stored as ${metric.aliasOf}${metric.factor === 1 ? '' : ` × ${metric.factor}`}${metric.shift === 0 ? '' : ` + ${metric.shift}`}`
      : null,
    metric.stuckAfterS ? `stuck after ${durationText(metric.stuckAfterS)}` : null,
    metric.wrapAt ? `wraps at ${count(metric.wrapAt)}` : null,
    metric.personal ? 'personal' : null,
  ]
    .filter(Boolean)
    .join(', ');

/** Every metric devices have sent or somebody has described, and what is said of it. */
export function MetricsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const metrics = useQuery(metricsQuery);
  const may = useMay('telemetry:write');
  const [changing, setChanging] = useState<Metric | 'new' | null>(null);
  const barred = may ? undefined : 'Needs the permission telemetry:write';
  const wanted = (search.q ?? '').toLowerCase();
  const columns: readonly Column<Metric>[] = [
    { key: 'title', head: 'Metric', cell: (row) => metricName(row.key, row.title ?? '', null).title },
    { key: 'key', head: 'Key', cell: (row) => <code>{row.key}</code> },
    {
      key: 'unit',
      head: 'Unit',
      cell: (row) => metricName(row.key, '', row.unit).unit ?? <span className="quiet">—</span>,
    },
    { key: 'kind', head: 'Kind', cell: (row) => row.kind },
    {
      key: 'range',
      head: 'Possible',
      cell: (row) =>
        row.low === null && row.high === null ? (
          <span className="quiet">anything</span>
        ) : (
          <span className="num">
            {bound(row.low)} to {bound(row.high)}
          </span>
        ),
    },
    { key: 'remarks', head: 'Also', cell: (row) => remarks(row) || <span className="quiet">—</span> },
    { key: 'series', head: 'Series', align: 'right', cell: (row) => count(row.series) },
    {
      key: 'end',
      head: '',
      align: 'right',
      cell: (row) => (
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          disabled={!may}
          title={barred}
          aria-label={`Describe ${row.key}`}
          onClick={() => setChanging(row)}
        >
          Describe…
        </Button>
      ),
    },
  ];
  return (
    <>
      <PageHeader
        title="Metrics"
        sub="Every metric devices have sent or somebody has described. What is said here holds for readings from now on."
        actions={
          <Button
            leftSection={<IconPlus size={14} />}
            disabled={!may}
            title={barred}
            onClick={() => setChanging('new')}
          >
            Describe a metric
          </Button>
        }
      />
      <div className={layout.stack}>
        <div className={layout.filters}>
          <TextInput
            aria-label="Search metrics"
            placeholder="Search by name or key"
            className={layout.grow ?? ''}
            leftSection={<IconSearch size={14} />}
            data-page-filter
            value={search.q ?? ''}
            onChange={(event) =>
              void navigate({ search: { q: event.currentTarget.value || undefined }, replace: true })
            }
          />
        </div>
        <Panel bare>
          <IfThere query={metrics} what="The metric catalogue" lines={8}>
            {({ items }) => {
              const found = items.filter((row) =>
                `${row.key} ${metricName(row.key, row.title ?? '', null).title}`.toLowerCase().includes(wanted),
              );
              return found.length === 0 ? (
                <EmptyState title={items.length === 0 ? 'No metrics yet' : 'None by that name'}>
                  {items.length === 0 ? 'A metric appears with the first device that sends it.' : null}
                </EmptyState>
              ) : (
                <DataTable caption="Metrics" columns={columns} rows={found} rowKey={(row) => row.key} />
              );
            }}
          </IfThere>
        </Panel>
      </div>
      {changing ? (
        <MetricDialog metric={changing === 'new' ? null : changing} onClose={() => setChanging(null)} />
      ) : null}
    </>
  );
}
