import uPlot from 'uplot';
import type { SeriesColumns, TimeLine, TimeSpan } from './time-series.js';
import { colour } from './uplot-axes.js';

const usual = ['--accent-2', '--second', '--warn-2', '--idle-2'] as const;
export const colourOf = (lines: readonly TimeLine[], line: number): string =>
  lines[line]?.colour ?? usual[line % usual.length]!;

/** uPlot's columns of every line: minimum, maximum and what is drawn, on the instants of all lines together. */
export const alignedColumns = (lines: readonly TimeLine[], bars: boolean): uPlot.AlignedData => {
  const tables = lines.map(({ columns }): uPlot.AlignedData => {
    const seconds = columns.t.map((at) => at / 1000);
    return bars
      ? [seconds, columns.t.map(() => null), columns.t.map(() => null), [...columns.delta]]
      : [seconds, [...columns.min], [...columns.max], [...columns.avg]];
  });
  if (tables.length === 0) return [[], [], [], []];
  // Nulls of one line are gaps in it, up to its next readings (mode 2); instants of the other line alone are none.
  return tables.length === 1
    ? tables[0]!
    : uPlot.join(
        tables,
        tables.map(() => [2, 2, 2, 2]),
      );
};

type Column = ArrayLike<number | null | undefined>;

/** Rows of readings that have no line, since nothing was read before and after them. Instants of other lines are none. */
export const loneRows = (values: Column): number[] => {
  const rows: number[] = [];
  let before: number | null = null;
  let last: number | null = null;
  for (let row = 0; row <= values.length; row++) {
    const value = row < values.length ? values[row] : null;
    if (value === undefined) continue;
    if (last !== null && before === null && value === null) rows.push(last);
    before = last;
    last = value === null ? null : row;
  }
  return rows;
};

/** A lone reading has no line, so it gets a dot. */
const dots: uPlot.Series.Points.Filter = (plot, line) => loneRows(plot.data[line]!);

export const seriesFor = (lines: readonly TimeLine[], bars: boolean): uPlot.Series[] =>
  lines.flatMap((_, line) => {
    const stroke = colour(colourOf(lines, line));
    const hidden: uPlot.Series = { stroke: 'transparent', points: { show: false } };
    const paths = uPlot.paths.bars!({ size: [0.9, 40], align: 1 });
    const drawn: uPlot.Series = bars
      ? { stroke, fill: `${stroke}99`, width: 0, paths, points: { show: false } }
      : { stroke, width: 1.6, points: { show: false, filter: dots, size: 5, fill: stroke } };
    return [hidden, hidden, drawn];
  });

export const bandsFor = (lines: readonly TimeLine[], bars: boolean): uPlot.Band[] =>
  bars
    ? []
    : lines.map((_, line) => ({
        series: [line * 3 + 2, line * 3 + 1],
        fill: `${colour(colourOf(lines, line))}2e`,
      }));

/** Washes under the stretches of time that are asked for. */
export const drawSpans = (plot: uPlot, spans: readonly TimeSpan[]): void => {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = colour('--warn-wash');
  for (const { from, to } of spans) {
    const left = Math.max(bbox.left, plot.valToPos(from / 1000, 'x', true));
    const right = Math.min(bbox.left + bbox.width, plot.valToPos(to / 1000, 'x', true));
    if (right > left) ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
  }
  ctx.restore();
};

const MARK_PX = 4;

/** A small mark on the time axis below every row with a flag; neighbours that would overlap share one. */
export const drawFlags = (plot: uPlot, lines: readonly TimeLine[]): void => {
  const { ctx, bbox } = plot;
  const size = MARK_PX * devicePixelRatio;
  const foot = bbox.top + bbox.height;
  ctx.save();
  ctx.fillStyle = colour('--warn-2');
  for (const { columns } of lines) {
    let last = -Infinity;
    columns.flags.forEach((flags, index) => {
      if (flags === 0) return;
      const x = plot.valToPos(columns.t[index]! / 1000, 'x', true);
      if (x < bbox.left || x > bbox.left + bbox.width || x - last < size) return;
      last = x;
      ctx.beginPath();
      ctx.moveTo(x - size, foot);
      ctx.lineTo(x + size, foot);
      ctx.lineTo(x, foot - size * 1.6);
      ctx.fill();
    });
  }
  ctx.restore();
};

/** The row of a line that stands for an instant: the one at it, else the nearest before it. */
export const rowAt = (columns: SeriesColumns, at: number): number => {
  let low = 0;
  let high = columns.t.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (columns.t[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
};
