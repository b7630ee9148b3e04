import type { GateCheck } from '@muster/contracts/campaigns/decisions.schema';
import { count, duration, percent, reading } from './format.js';

type Unit = GateCheck['unit'];

/** A value of a check as people read it; a metric's own unit is not known here. */
export const measure = (value: number | null, unit: Unit): string => {
  if (value === null) return 'no data';
  switch (unit) {
    case 'share':
      return percent(value);
    case 'seconds':
      return duration(value * 1000);
    case 'times':
      return `${reading(value)}×`;
    case 'metric':
      return reading(value);
    case 'devices':
      return count(value);
  }
};

/** A difference of two values, signed; of two shares it is in percentage points. */
export const difference = (value: number, unit: Unit): string => {
  const sign = value > 0 ? '+' : value < 0 ? '−' : '±';
  const size = Math.abs(value);
  return unit === 'share' ? `${sign}${reading(size * 100)} points` : `${sign}${measure(size, unit)}`;
};
