import type { Series } from '@muster/contracts/telemetry/telemetry.schema';
import { moment, reading } from '../../ui/format.js';
import { qualityWords } from './quality-words.js';
import classes from './telemetry.module.css';

const ROWS = 200;
const cell = (value: number | null | undefined) => (value === null || value === undefined ? '—' : reading(value));

interface NumbersTableProps {
  readonly series: Series;
  readonly caption: string;
}

/** The numbers of a chart, newest first, for whoever does not see it or wants them exactly. */
export function NumbersTable({ series, caption }: NumbersTableProps) {
  const counter = series.delta.some((delta) => delta !== null);
  const rows = series.t.map((at, row) => ({ at, row })).slice(-ROWS);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroller is reached by keyboard or not at all
    <section className={classes.scroll} aria-label={caption} tabIndex={0}>
      <table className={classes.table}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Minimum</th>
            <th scope="col">Mean</th>
            <th scope="col">Maximum</th>
            {counter ? <th scope="col">Increase</th> : null}
            <th scope="col">Readings</th>
            <th scope="col">Quality</th>
          </tr>
        </thead>
        <tbody>
          {rows.toReversed().map(({ at, row }) => {
            const flags = series.flags[row] ?? 0;
            const gap = series.n[row] === 0 && flags === 0;
            return (
              <tr key={at} data-gap={gap || undefined}>
                <th scope="row">{moment(at)}</th>
                <td>{cell(series.min[row])}</td>
                <td>{cell(series.avg[row])}</td>
                <td>{cell(series.max[row])}</td>
                {counter ? <td>{cell(series.delta[row])}</td> : null}
                <td>{series.n[row]}</td>
                <td>{gap ? 'nothing heard' : qualityWords(flags) || 'fine'}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
