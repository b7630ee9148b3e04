import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { ChartReadout } from './chart-readout.js';
import type { TimeSeriesProps } from './time-series.js';
import classes from './time-series.module.css';
import { axes, colour, valueRange } from './uplot-axes.js';
import { bindGestures, pointer, steer } from './uplot-gestures.js';
import { alignedColumns, bandsFor, colourOf, drawFlags, drawSpans, seriesFor } from './uplot-lines.js';

type Read = () => TimeSeriesProps;

const boxed = (plot: uPlot, read: Read): void => {
  const { left, width } = plot.select;
  const { onWindow } = read();
  if (!onWindow || width < 8) return;
  const [from, to] = [plot.posToVal(left, 'x') * 1000, plot.posToVal(left + width, 'x') * 1000];
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onWindow(Math.round(from), Math.round(to));
};

const optionsFor = (read: Read, width: number, onCursor: (at: number | null) => void): uPlot.Options => {
  const { height, syncKey, lines, form } = read();
  const bars = form === 'bars';
  return {
    width,
    height,
    legend: { show: false },
    cursor: {
      y: false,
      points: { size: 6, fill: (_, index) => colour(colourOf(read().lines, Math.floor((index - 1) / 3))) },
      ...pointer,
      ...(syncKey ? { sync: { key: syncKey } } : {}),
    },
    scales: {
      x: { time: true, range: () => [read().from / 1000, read().to / 1000] },
      y: { range: valueRange(() => bars) },
    },
    axes: axes(),
    series: [{}, ...seriesFor(lines, bars)],
    bands: bandsFor(lines, bars),
    hooks: {
      setCursor: [
        (plot) => {
          const { idx, left } = plot.cursor;
          const inside = left !== undefined && left >= 0 && typeof idx === 'number';
          onCursor(inside ? plot.data[0]![idx]! * 1000 : null);
        },
      ],
      setSelect: [(plot) => boxed(plot, read)],
      drawClear: [(plot) => drawSpans(plot, read().spans ?? [])],
      draw: [(plot) => drawFlags(plot, read().lines)],
    },
  };
};

/** uPlot in a React component: made anew when its frame, form or colours change, fed when only the numbers do. */
export function UplotChart(props: TimeSeriesProps) {
  const { title, lines, from, to, form, height, spans } = props;
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const [at, setAt] = useState<number | null>(null);
  const scheme = useComputedColorScheme('light');
  const hands = {
    window: () => latest.current,
    onWindow: (window: { from: number; to: number }) => latest.current.onWindow?.(window.from, window.to),
    onReset: () => latest.current.onReset?.(),
  };
  const held = useRef(hands);
  const count = lines.length;

  // The scheme is named because it changes the colours read from CSS; form and count because they change the series.
  useEffect(() => {
    const host = frame.current!;
    const read = () => latest.current;
    const data = alignedColumns(latest.current.lines, form === 'bars');
    const made = new uPlot({ ...optionsFor(read, host.clientWidth, setAt), height }, data, host);
    plot.current = made;
    const unbind = latest.current.onWindow ? bindGestures(made, host, held.current) : () => {};
    const sizes = new ResizeObserver(() => made.setSize({ width: host.clientWidth, height }));
    sizes.observe(host);
    return () => {
      sizes.disconnect();
      unbind();
      made.destroy();
      plot.current = null;
    };
  }, [scheme, form, count, height]);

  useEffect(() => {
    plot.current?.setData(alignedColumns(lines, form === 'bars'), false);
    plot.current?.setScale('x', { min: from / 1000, max: to / 1000 });
  }, [lines, form, from, to, spans]);

  const steering = props.onWindow !== undefined;
  return (
    <>
      <ChartReadout {...props} at={at} />
      <div
        ref={frame}
        className={classes.plot}
        role="img"
        aria-label={`${title} over time`}
        {...(steering ? { tabIndex: 0, 'aria-keyshortcuts': 'ArrowLeft ArrowRight + - 0' } : {})}
        onKeyDown={(event) => {
          if (steering && !event.ctrlKey && !event.metaKey && !event.altKey && steer(event.key, held.current))
            event.preventDefault();
        }}
      />
    </>
  );
}
