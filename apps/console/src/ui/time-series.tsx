import { lazy, Suspense } from 'react';
import classes from './time-series.module.css';

/** Columns of equal length; an absent bucket is a gap and is drawn as one. Times are ms since the epoch. */
export interface SeriesColumns {
  readonly t: readonly number[];
  readonly min: readonly (number | null)[];
  readonly max: readonly (number | null)[];
  readonly avg: readonly (number | null)[];
  readonly bucketMs: number;
}

export interface TimeSeriesProps {
  readonly title: string;
  readonly unit: string | null;
  readonly columns: SeriesColumns;
  readonly from: number;
  readonly to: number;
  readonly height?: number;
  /** Charts with the same key share their cursor. */
  readonly syncKey?: string;
  readonly onZoom?: (from: number, to: number) => void;
}

const Plot = lazy(() => import('./uplot-chart.js').then((module) => ({ default: module.UplotChart })));

/** A line with its min–max band over time. The drawing library arrives only when a chart is shown. */
export function TimeSeries(props: TimeSeriesProps) {
  const height = props.height ?? 160;
  return (
    <div className={classes.frame} style={{ minHeight: height }}>
      <Suspense fallback={null}>
        <Plot {...props} height={height} />
      </Suspense>
    </div>
  );
}
