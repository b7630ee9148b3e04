import type { GateCheck } from '@muster/contracts/campaigns/decisions.schema';
import { difference } from './gate-table.js';
import classes from './gate-table.module.css';

const WIDTH = 132;
const HEIGHT = 16;

interface IntervalBandProps {
  readonly check: GateCheck;
  readonly interval: readonly [number, number];
}

/**
 * The difference between updated devices and what they are compared with, as the interval that holds it: left of the
 * dashed limit it passes, right of it it halts, across it nothing is decided yet. The thin line is no difference.
 */
export function IntervalBand({ check, interval: [low, high] }: IntervalBandProps) {
  const reach = Math.max(Math.abs(low), Math.abs(high), Math.abs(check.limit)) * 1.15 || 1;
  const x = (value: number) => ((value + reach) / (2 * reach)) * WIDTH;
  const middle = (low + high) / 2;
  const said = `difference between ${difference(low, check.unit)} and ${difference(high, check.unit)}, limit ${difference(check.limit, check.unit)}`;
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
      <line x1={x(0)} x2={x(0)} y1={2} y2={HEIGHT - 2} className={classes.zero} />
      <rect x={x(low)} y={5} width={Math.max(2, x(high) - x(low))} height={6} rx={3} className={classes.range} />
      <circle cx={x(middle)} cy={8} r={2.6} className={classes.middle} />
      <line x1={x(check.limit)} x2={x(check.limit)} y1={0} y2={HEIGHT} className={classes.edge} />
    </svg>
  );
}
