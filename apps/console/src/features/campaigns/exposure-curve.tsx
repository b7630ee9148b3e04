import type { Rehearsal } from '@muster/contracts/campaigns/rehearsals.schema';
import { count, duration, shortCount } from '../../ui/format.js';
import classes from './rehearsal.module.css';

const WIDTH = 320;
const HEIGHT = 120;
const LEFT = 34;
const BOTTOM = 18;
const TOP = 10;

/** Updated devices over time in the middle run, with the moments its waves open. A step line: devices come one by one. */
export function ExposureCurve({ rehearsal }: { readonly rehearsal: Rehearsal }) {
  const { curve, targets, waves } = rehearsal;
  const last = curve.at(-1);
  if (curve.length < 2 || !last) return null;
  const endS = Math.max(1, last[0]);
  const most = Math.max(...curve.map(([, n]) => n));
  if (most === 0) return <p className="soft">In the run in the middle no device had the release before it halted.</p>;
  const x = (s: number) => LEFT + (Math.min(s, endS) / endS) * (WIDTH - LEFT - 4);
  const y = (n: number) => TOP + (1 - n / most) * (HEIGHT - BOTTOM - TOP);
  const line = curve
    .map(([s, n], index) => (index === 0 ? `M${x(s)},${y(n)}` : `H${x(s).toFixed(1)}V${y(n).toFixed(1)}`))
    .join('');
  const opens = waves.filter((wave) => wave.opensS !== null && wave.opensS.p50 <= endS);
  return (
    <figure className={classes.curve}>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`${count(last[1])} of ${count(targets)} devices updated after ${duration(last[0] * 1000)}`}
      >
        {[0, most].map((n) => (
          <g key={n}>
            <line x1={LEFT} x2={WIDTH - 4} y1={y(n)} y2={y(n)} className={classes.grid} />
            <text x={LEFT - 5} y={y(n) + 3.5} textAnchor="end">
              {shortCount(n)}
            </text>
          </g>
        ))}
        {opens.map((wave) => (
          <g key={wave.n}>
            <line x1={x(wave.opensS!.p50)} x2={x(wave.opensS!.p50)} y1={TOP} y2={y(0)} className={classes.opens} />
            <text x={x(wave.opensS!.p50) + 3} y={TOP + 7}>
              {wave.n}
            </text>
          </g>
        ))}
        <path d={`${line}V${y(0)}H${x(0)}Z`} className={classes.area} />
        <path d={line} className={classes.line} />
        <text x={LEFT} y={HEIGHT - 4}>
          launch
        </text>
        <text x={WIDTH - 4} y={HEIGHT - 4} textAnchor="end">
          {duration(endS * 1000)}
        </text>
      </svg>
      <figcaption className="quiet">Updated devices in the run in the middle; dashed where a wave opens.</figcaption>
    </figure>
  );
}
