import { useElementSize } from '@mantine/hooks';
import type { LatestValue, Series } from '@muster/contracts/telemetry/telemetry.schema';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef } from 'react';
import { Answer } from '../../ui/answer.js';
import { useNow } from '../../ui/now.js';
import type { TimeSpan } from '../../ui/time-series.js';
import { appendReadings } from './append-readings.js';
import { ChartPanel, type NamedSeries } from './chart.panel.js';
import classes from './telemetry.module.css';
import { seriesQuery } from './telemetry.queries.js';
import type { LiveTail } from './use-live-tail.js';
import type { ShownWindow } from './use-time-window.js';

/** Axes and padding of a panel, and the least a panel is wide (telemetry.module.css). */
const AROUND_PX = 90;
const PANEL_PX = 436;

/**
 * What to ask for. A live window asks for a little more than it shows and repairs it now and then while readings stream
 * in; without a stream it asks as often as a chart can show a difference. Nobody looking, nothing asked.
 */
const useAsked = (window: ShownWindow, streaming: boolean) => {
  const now = useNow();
  const { from, to } = window.settled;
  const length = to - from;
  const step = streaming ? Math.max(30_000, length / 60) : Math.max(5_000, length / 360);
  const end = Math.ceil(now / step) * step;
  const last = useRef({ from, to });
  if (!window.live) last.current = window.settled;
  else if (window.watching && last.current.to !== end) last.current = { from: end - length - step, to: end };
  return last.current;
};

interface ChartsProps {
  readonly device: { readonly id: string; readonly name: string };
  readonly compare: { readonly id: string; readonly name: string } | null;
  readonly values: readonly LatestValue[];
  readonly place: string;
  readonly downsample: 'buckets' | 'lttb';
  readonly window: ShownWindow;
  readonly tail: LiveTail;
  readonly spansOf: (metric: string) => readonly TimeSpan[];
}

/** One chart per metric, so that every unit has an axis of its own; they share time and cursor. */
export function Charts(props: ChartsProps) {
  const { device, compare, values, place, window, tail } = props;
  const { ref, width } = useElementSize<HTMLDivElement>();
  const metrics = useMemo(() => values.map(({ metric }) => metric), [values.map(({ metric }) => metric).join()]);
  const columns = Math.max(1, Math.min(values.length, Math.floor((width + 16) / PANEL_PX)));
  const points = Math.max(200, Math.round((width / columns - AROUND_PX) / 100) * 100);
  const streaming = tail.state === 'live' || tail.state === 'connecting';
  const { from, to } = useAsked(window, streaming);
  const range = { metrics, from, to, width: points, downsample: props.downsample };
  const own = useQuery({ ...seriesQuery(device.id, { ...range, place: place || null }), enabled: width > 0 });
  const other = useQuery({
    ...seriesQuery(compare?.id ?? '', { ...range, place: null }),
    enabled: compare !== null && width > 0,
  });

  // What came while nobody streamed is in no reading of the stream, and the answer at hand may be older.
  const { refetch } = own;
  const opened = tail.state === 'live' && width > 0;
  useEffect(() => {
    if (opened) void refetch();
  }, [opened, refetch]);

  const shown = useMemo(() => {
    const of = (series: readonly Series[] | undefined, metric: string, at: string) =>
      series?.find((one) => one.metric === metric && (one.place ?? '') === at) ??
      series?.find((one) => one.metric === metric);
    return new Map(
      metrics.map((metric): [string, NamedSeries[]] => {
        const first = own.data?.series.find((one) => one.metric === metric && (one.place ?? '') === place);
        const grown = first && window.live ? appendReadings(first, tail.readings, own.data!.answeredAt) : first;
        const second = compare ? of(other.data?.series, metric, place) : undefined;
        return [
          metric,
          [
            ...(grown ? [{ label: device.name, series: grown }] : []),
            ...(second && compare ? [{ label: compare.name, series: second }] : []),
          ],
        ];
      }),
    );
  }, [metrics, own.data, other.data, compare, device.name, place, tail.readings, window.live]);

  const height = values.length === 1 ? 320 : 160;
  return (
    <div ref={ref}>
      <Answer query={own} lines={8}>
        {() => (
          <div className={classes.charts} data-one={values.length === 1 || undefined}>
            {values.map((value) => (
              <ChartPanel
                key={value.metric}
                value={value}
                series={shown.get(value.metric)!}
                window={window}
                height={height}
                spans={props.spansOf(value.metric)}
              />
            ))}
          </div>
        )}
      </Answer>
    </div>
  );
}
