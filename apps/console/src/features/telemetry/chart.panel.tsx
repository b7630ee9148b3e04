import { ActionIcon, Tooltip } from '@mantine/core';
import type { LatestValue, Series } from '@muster/contracts/telemetry/telemetry.schema';
import { IconChartLine, IconTable } from '@tabler/icons-react';
import { useState } from 'react';
import { EmptyState } from '../../ui/empty-state.js';
import { duration, moment, reading } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { TimeSeries } from '../../ui/time-series.js';
import { metricName } from './metric-name.js';
import type { Shown } from './range-picker.js';
import classes from './telemetry.module.css';

interface ChartPanelProps {
  readonly value: LatestValue;
  readonly series: Series | undefined;
  readonly range: Shown;
  readonly onZoom: (from: number, to: number) => void;
}

const cell = (value: number | null | undefined) => (value === null || value === undefined ? '—' : reading(value));

function Numbers({ series }: { readonly series: Series }) {
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <caption className="visually-hidden">{series.metric}</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Minimum</th>
            <th scope="col">Mean</th>
            <th scope="col">Maximum</th>
            <th scope="col">Readings</th>
          </tr>
        </thead>
        <tbody>
          {series.t
            .map((at, index) => ({ at, index }))
            .slice(-200)
            .toReversed()
            .map(({ at, index }) => (
              <tr key={at}>
                <th scope="row">{moment(at)}</th>
                <td>{cell(series.min[index])}</td>
                <td>{cell(series.avg[index])}</td>
                <td>{cell(series.max[index])}</td>
                <td>{series.n[index]}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}

/** One metric over time: line and band, or the same numbers as a table. */
export function ChartPanel({ value, series, range, onZoom }: ChartPanelProps) {
  const [table, setTable] = useState(false);
  const { title, unit } = metricName(value.metric, value.title, value.unit);
  const grain =
    series && series.t.length > 0
      ? series.resolution === 'raw'
        ? 'every reading'
        : `1 point = ${duration(series.bucketMs)}, band = min to max`
      : undefined;
  return (
    <Panel
      title={title}
      aside={
        <span className={classes.chartHead}>
          <b className="num">{value.value === null ? 'no reading' : `${reading(value.value)} ${unit ?? ''}`}</b>
          <span>{grain}</span>
        </span>
      }
      actions={
        <Tooltip label={table ? 'Show as chart' : 'Show as table'}>
          <ActionIcon
            aria-label={`${title}: ${table ? 'show as chart' : 'show as table'}`}
            onClick={() => setTable(!table)}
          >
            {table ? <IconChartLine size={16} /> : <IconTable size={16} />}
          </ActionIcon>
        </Tooltip>
      }
    >
      {!series || series.t.length === 0 ? (
        <EmptyState title="No readings in this range" />
      ) : table ? (
        <Numbers series={series} />
      ) : (
        <TimeSeries
          title={title}
          unit={unit}
          columns={series}
          from={range.from}
          to={range.to}
          syncKey="device-telemetry"
          onZoom={onZoom}
        />
      )}
    </Panel>
  );
}
