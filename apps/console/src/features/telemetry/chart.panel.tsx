import { ActionIcon, Tooltip } from '@mantine/core';
import type { LatestValue, Series } from '@muster/contracts/telemetry/telemetry.schema';
import { IconChartLine, IconTable } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { EmptyState } from '../../ui/empty-state.js';
import { reading } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { type TimeLine, TimeSeries, type TimeSpan } from '../../ui/time-series.js';
import { flagsWithin, grainWords, totalRise } from './chart-words.js';
import { latestWords } from './latest-words.js';
import { metricName } from './metric-name.js';
import { NumbersTable } from './numbers-table.js';
import { qualityWords } from './quality-words.js';
import classes from './telemetry.module.css';
import type { ShownWindow } from './use-time-window.js';

export interface NamedSeries {
  readonly label: string;
  readonly series: Series;
}

interface ChartPanelProps {
  readonly value: LatestValue;
  /** The device's own, and of the one it is compared with. */
  readonly series: readonly NamedSeries[];
  readonly window: ShownWindow;
  readonly height: number;
  readonly spans: readonly TimeSpan[];
}

interface LegendProps extends Pick<ChartPanelProps, 'series'> {
  readonly unit: string | null;
  readonly bars: boolean;
  readonly from: number;
  readonly to: number;
}

/** What stands above a chart while nobody points at it: whose line is whose, totals and what is wrong with readings. */
function Legend({ series, unit, bars, from, to }: LegendProps) {
  return (
    <>
      {series.map(({ label, series: one }, line) => {
        const total = bars ? totalRise(one, from, to) : null;
        const flags = flagsWithin(one, from, to);
        if (series.length === 1 && total === null && flags === 0) return null;
        return (
          <span key={label} className={classes.legendLine} data-line={series.length > 1 ? line : undefined}>
            {series.length > 1 ? `${label} ` : null}
            {total === null ? null : <b className="num">{`+${reading(total)} ${unit ?? ''} in all `}</b>}
            {flags === 0 ? null : (
              <span className={classes.flagged} title={qualityWords(flags)}>
                {qualityWords(flags)}
              </span>
            )}
          </span>
        );
      })}
    </>
  );
}

/** What is drawn where nothing was measured: axes alone, so that whoever moved too far can move back. */
const nothing: readonly TimeLine[] = [
  { label: '', columns: { t: [], min: [], max: [], avg: [], delta: [], n: [], flags: [] } },
];

/** One metric over time: lines with bands or columns of increase, or the same numbers as a table. */
export function ChartPanel({ value, series, window, height, spans }: ChartPanelProps) {
  const [table, setTable] = useState(false);
  const { title, unit } = metricName(value.metric, value.title, value.unit);
  const { from, to } = window.shown;
  const own = series[0]?.series;
  const bars = series.some(({ series: one }) => one.kind === 'counter' && one.delta.some((delta) => delta !== null));
  const lines = useMemo(
    () => (series.length === 0 ? nothing : series.map(({ label, series: columns }) => ({ label, columns }))),
    [series],
  );
  const masked = own?.masked === true;
  const empty = series.every(({ series: one }) => one.n.every((n) => n === 0));
  return (
    <Panel
      title={title}
      aside={
        <span className={classes.chartHead}>
          <b className="num">{latestWords(value, unit)}</b>
          <span>{own && !empty ? grainWords(own, bars) : null}</span>
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
      {masked ? (
        <div className={classes.nothing} style={{ minHeight: height + 22 }}>
          <EmptyState title="Personal, and hidden from you">
            Seeing it needs the permission telemetry:personal.
          </EmptyState>
        </div>
      ) : table ? (
        <div className={classes.tables} style={{ minHeight: height + 22 }}>
          {series.map(({ label, series: one }) => (
            <NumbersTable key={label} series={one} caption={series.length > 1 ? `${title}, ${label}` : title} />
          ))}
        </div>
      ) : (
        <TimeSeries
          title={title}
          unit={unit}
          lines={lines}
          from={from}
          to={to}
          form={bars ? 'bars' : 'line'}
          height={height}
          syncKey="device-telemetry"
          spans={spans}
          flagWords={qualityWords}
          idle={
            <>
              {empty ? <span>No readings in this range</span> : null}
              <Legend series={series} unit={unit} bars={bars} from={from} to={to} />
            </>
          }
          onWindow={window.move}
          onReset={window.follow}
        />
      )}
    </Panel>
  );
}
