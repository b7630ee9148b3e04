import type { LatestValue } from '@muster/contracts/telemetry/telemetry.schema';
import { reading } from '../../ui/format.js';

/** A newest value with its unit, or why there is none to show. */
export const latestWords = (value: LatestValue, unit: string | null): string => {
  if (value.masked) return 'hidden, personal';
  return value.value === null ? 'no reading' : `${reading(value.value)}${unit ? ` ${unit}` : ''}`;
};
