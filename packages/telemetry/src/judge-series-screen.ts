import {
  type Baseline,
  centreAt,
  departure,
  type HourFact,
  hourlyValue,
  hourOfDay,
  isLively,
  isStill,
} from './baseline.js';

/** What one hour by itself makes worth a closer look. Nearly all hours are nothing. */
export interface Suspicion {
  /** Far from its baseline. */
  readonly unlike: boolean;
  /** It did not move, at an hour that counts. */
  readonly still: boolean;
  /** Single readings lie where none lay before. */
  readonly spiky: boolean;
}

/** Series that often stand still are asked about it at these hours only: the rule for them is slow anyway. */
const EVERY_HOURS = 6;

/** Looks at one hour with its baseline alone, so that an ordinary hour costs a row and a few comparisons. */
export function screenHour(baseline: Baseline, hour: HourFact, before: HourFact | undefined): Suspicion {
  const { kind, limit, reach } = baseline;
  const value = hourlyValue(hour, kind);
  const away = value === null ? 0 : Math.abs(departure(baseline, hour.t, value));
  const centre = centreAt(baseline, hour.t);
  return {
    unlike: away >= limit,
    still: isStill(hour, before, kind) && (isLively(baseline.still.lively, hour.t) === 1 || asksSlowly(hour.t)),
    spiky:
      kind === 'counter'
        ? hour.resets > 0 || away >= limit
        : hour.max - centre > reach[0] || centre - hour.min > reach[1],
  };
}

export const asksSlowly = (t: number): boolean => hourOfDay(t) % EVERY_HOURS === 0;

/** How many hours before the newest one a closer look needs. */
export const hoursNeeded = ({ still }: Baseline): number => Math.min(200, Math.max(30, 2 * still.longest + 6));
