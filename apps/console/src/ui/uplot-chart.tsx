import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { clock, moment, reading } from './format.js';
import type { SeriesColumns, TimeSeriesProps } from './time-series.js';
import classes from './time-series.module.css';

type Cells = (number | null)[];

/** Seconds for uPlot, with a null row wherever buckets are missing so that the line breaks there. */
export const withGaps = (columns: SeriesColumns): [number[], Cells, Cells, Cells] => {
  const steps = columns.t.slice(1).map((at, index) => at - columns.t[index]!);
  const usual = steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? columns.bucketMs;
  const widest = Math.max(usual, columns.bucketMs) * 3;
  const out: [number[], Cells, Cells, Cells] = [[], [], [], []];
  columns.t.forEach((at, index) => {
    const before = columns.t[index - 1];
    if (before !== undefined && at - before > widest) {
      out[0].push((before + usual) / 1000);
      for (const cells of [out[1], out[2], out[3]]) cells.push(null);
    }
    out[0].push(at / 1000);
    out[1].push(columns.min[index] ?? null);
    out[2].push(columns.max[index] ?? null);
    out[3].push(columns.avg[index] ?? null);
  });
  return out;
};

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const two = (n: number) => String(n).padStart(2, '0');

/** Clock times in 24 hours; a tick on midnight, or a step of days, says the day. */
const timeTicks: uPlot.Axis.DynamicValues = (_, ticks, __, ___, step) =>
  ticks.map((tick) => {
    const at = new Date(tick * 1000);
    if (step >= 86_400 || (at.getHours() === 0 && at.getMinutes() === 0 && at.getSeconds() === 0))
      return at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
    const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
    return step < 60 ? `${time}:${two(at.getSeconds())}` : time;
  });

/** As many decimals as the step between ticks needs, so that neighbours never read the same. */
const valueTicks: uPlot.Axis.DynamicValues = (_, ticks, __, ___, step) => {
  const decimals = Math.min(6, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  const format = new Intl.NumberFormat('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return ticks.map((tick) => format.format(tick).replace('-', '−'));
};

const axis = (extra: uPlot.Axis): uPlot.Axis => ({
  stroke: colour('--text-3'),
  font: '11px "Inter Variable", system-ui, sans-serif',
  grid: { stroke: colour('--line'), width: 1 },
  ticks: { show: false },
  ...extra,
});

const optionsFor = (
  read: () => TimeSeriesProps,
  width: number,
  onCursor: (index: number | null) => void,
): uPlot.Options => {
  const props = read();
  const accent = colour('--accent-2');
  return {
    width,
    height: props.height ?? 160,
    legend: { show: false },
    cursor: {
      y: false,
      points: { size: 6, fill: accent },
      drag: { x: true, y: false },
      ...(props.syncKey ? { sync: { key: props.syncKey } } : {}),
    },
    scales: {
      x: { time: true, range: () => [read().from / 1000, read().to / 1000] },
      y: { range: (_, low, high) => uPlot.rangeNum(low, low === high ? low + 1 : high, 0.12, true) },
    },
    axes: [axis({ size: 26, space: 80, values: timeTicks }), axis({ size: 54, space: 26, values: valueTicks })],
    series: [
      {},
      { stroke: 'transparent', points: { show: false } },
      { stroke: 'transparent', points: { show: false } },
      { stroke: accent, width: 1.6, points: { show: (_, __, from, to) => to - from < 2 } },
    ],
    bands: [{ series: [2, 1], fill: `${accent}2e` }],
    hooks: {
      setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)],
      setSelect: [
        (plot) => {
          const { onZoom } = read();
          if (!onZoom || plot.select.width < 8) return;
          const from = plot.posToVal(plot.select.left, 'x') * 1000;
          const to = plot.posToVal(plot.select.left + plot.select.width, 'x') * 1000;
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          onZoom(from, to);
        },
      ],
    },
  };
};

/** uPlot in a React component: made anew when its frame or colours change, fed when only the numbers do. */
export function UplotChart(props: TimeSeriesProps) {
  const { title, unit, columns, from, to } = props;
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const [cursor, setCursor] = useState<number | null>(null);
  const scheme = useComputedColorScheme('light');
  const data = withGaps(columns);

  // The scheme is named because it changes the colours read from CSS.
  useEffect(() => {
    const host = frame.current!;
    const made = new uPlot(
      optionsFor(() => latest.current, host.clientWidth, setCursor),
      withGaps(latest.current.columns) as uPlot.AlignedData,
      host,
    );
    plot.current = made;
    const sizes = new ResizeObserver(() =>
      made.setSize({ width: host.clientWidth, height: latest.current.height ?? 160 }),
    );
    sizes.observe(host);
    return () => {
      sizes.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [scheme]);

  useEffect(() => {
    plot.current?.setData(withGaps(columns) as uPlot.AlignedData, false);
    plot.current?.setScale('x', { min: from / 1000, max: to / 1000 });
  }, [columns, from, to]);

  const at = cursor === null ? null : data[0][cursor];
  const value = cursor === null ? null : data[3][cursor];
  return (
    <>
      {at && value !== null && value !== undefined ? (
        <output className={`${classes.readout} num`}>
          {to - from > 86_400_000 ? moment(at * 1000) : clock(at * 1000)} <b>{reading(value)}</b> {unit ?? ''}
        </output>
      ) : null}
      <div ref={frame} role="img" aria-label={`${title} over time`} />
    </>
  );
}
