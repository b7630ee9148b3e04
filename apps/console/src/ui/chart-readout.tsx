import type { CSSProperties } from 'react';
import { clock, moment, reading } from './format.js';
import type { TimeSeriesProps } from './time-series.js';
import classes from './time-series.module.css';
import { colourOf, rowAt } from './uplot-lines.js';

interface ChartReadoutProps
  extends Pick<TimeSeriesProps, 'lines' | 'unit' | 'form' | 'from' | 'to' | 'idle' | 'flagWords'> {
  /** The instant pointed at, in ms. */
  readonly at: number | null;
}

/** The numbers under the pointer, in a line that is always there so that nothing moves. */
export function ChartReadout({ at, lines, unit, form, from, to, idle, flagWords }: ChartReadoutProps) {
  if (at === null) return <div className={classes.readout}>{idle}</div>;
  const said = lines.flatMap(({ label, columns }, line) => {
    const row = rowAt(columns, at);
    const value = row < 0 ? null : form === 'bars' ? columns.delta[row] : columns.avg[row];
    return [{ label, line, row, columns, value: value ?? null }];
  });
  return (
    <output className={`${classes.readout} num`}>
      <span>{to - from > 86_400_000 ? moment(at) : clock(at)}</span>
      {said.map(({ label, line, row, columns, value }) => {
        const low = columns.min[row];
        const high = columns.max[row];
        const flags = columns.flags[row] ?? 0;
        const ranged = form === 'line' && typeof low === 'number' && typeof high === 'number' && low !== high;
        return (
          <span
            key={label}
            className={lines.length > 1 ? classes.line : undefined}
            style={{ '--line-colour': `var(${colourOf(lines, line)})` } as CSSProperties}
          >
            {lines.length > 1 ? `${label} ` : null}
            {value === null ? 'nothing heard' : <b>{`${form === 'bars' ? '+' : ''}${reading(value)} ${unit ?? ''}`}</b>}
            {ranged ? ` ${reading(low)} to ${reading(high)}` : null}
            {flags ? <span className={classes.flags}> {flagWords(flags)}</span> : null}
          </span>
        );
      })}
    </output>
  );
}
