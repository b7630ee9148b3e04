import { lazy, Suspense } from 'react';
import classes from './time-series.module.css';

/**
 * Columns of equal length in time order; times are ms since the epoch. A row of nulls breaks the line. `flags` are bits
 * that say what is wrong with readings of a row.
 */
export interface SeriesColumns {
  readonly t: readonly number[];
  readonly min: readonly (number | null)[];
  readonly max: readonly (number | null)[];
  readonly avg: readonly (number | null)[];
  readonly delta: readonly (number | null)[];
  readonly n: readonly number[];
  readonly flags: readonly number[];
}

export interface TimeLine {
  /** Whose line it is; said only where there are two. */
  readonly label: string;
  readonly columns: SeriesColumns;
  /** A colour of tokens.css where the usual ones of first and second do not say enough. */
  readonly colour?: `--${string}`;
}

export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

export interface TimeSeriesProps {
  readonly title: string;
  readonly unit: string | null;
  /** One line, or several to compare: each has a colour of its own. */
  readonly lines: readonly TimeLine[];
  readonly from: number;
  readonly to: number;
  /** `bars` draws `delta` as columns from zero: what a counter went up by. */
  readonly form: 'line' | 'bars';
  readonly height: number;
  /** Charts with the same key share their cursor. */
  readonly syncKey?: string;
  /** Stretches of time to lay a wash under. */
  readonly spans?: readonly TimeSpan[];
  /** What to say while no instant is pointed at. */
  readonly idle?: React.ReactNode;
  readonly flagWords: (flags: number) => string;
  readonly onWindow?: (from: number, to: number) => void;
  readonly onReset?: () => void;
}

const Plot = lazy(() => import('./uplot-chart.js').then((module) => ({ default: module.UplotChart })));

/** A line with its min–max band over time, or columns. The drawing library arrives only when a chart is shown. */
export function TimeSeries(props: TimeSeriesProps) {
  return (
    <div className={classes.frame} style={{ minHeight: props.height + 22 }}>
      <Suspense fallback={null}>
        <Plot {...props} />
      </Suspense>
    </div>
  );
}
