import type { GateCheck } from '@muster/contracts/campaigns/decisions.schema';
import type { MetricLimit } from '@muster/contracts/campaigns/plans.schema';
import classes from './gate-table.module.css';
import { difference, measure } from './gate-words.js';

const WIDTH = 112;
const HEIGHT = 14;

interface IntervalBandProps {
  readonly check: GateCheck;
  readonly interval: readonly [number, number];
  readonly bad: MetricLimit['bad'];
}

/** A multiple stands for no change at one, a difference at nothing. */
const scaleOf = ({ check, interval: [low, high], bad }: IntervalBandProps) => {
  if (check.unit === 'times') {
    const top = Math.max(high, check.limit, 1) * 1.1;
    return { from: 0, to: top, still: 1, edges: [check.limit], say: (n: number) => measure(n, 'times') };
  }
  const reach = Math.max(Math.abs(low), Math.abs(high), check.limit) * 1.15 || 1;
  const edges = bad === 'both' ? [-check.limit, check.limit] : [bad === 'down' ? -check.limit : check.limit];
  return { from: -reach, to: reach, still: 0, edges, say: (n: number) => difference(n, check.unit) };
};

/**
 * What is known of the difference between updated devices and what they are compared with: the interval it lies in.
 * All of it beyond the dashed limit halts, across the limit nothing is decided. The thin line is no difference.
 */
export function IntervalBand(props: IntervalBandProps) {
  const { check, interval } = props;
  const [low, high] = interval;
  const { from, to, still, edges, say } = scaleOf(props);
  const x = (value: number) => ((value - from) / (to - from)) * WIDTH;
  const said = `between ${say(low)} and ${say(high)} with 95% certainty, limit ${edges.map(say).join(' and ')}`;
  return (
    <svg
      className={classes.band}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={said}
      data-verdict={check.verdict}
    >
      <title>{said}</title>
      <line x1={x(still)} x2={x(still)} y1={1} y2={HEIGHT - 1} className={classes.still} />
      <rect x={x(low)} y={4} width={Math.max(2, x(high) - x(low))} height={6} rx={3} className={classes.range} />
      {edges.map((edge) => (
        <line key={edge} x1={x(edge)} x2={x(edge)} y1={0} y2={HEIGHT} className={classes.edge} />
      ))}
    </svg>
  );
}
