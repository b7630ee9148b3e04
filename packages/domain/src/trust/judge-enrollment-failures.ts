/** How enrolments ended in one hour. */
export interface EnrollmentHour {
  readonly issued: number;
  readonly refused: number;
}

export interface FailureVerdict {
  /** Refusals of the usual hour: the median of the past. */
  readonly usual: number;
  /** What an hour may have before it is unusual. */
  readonly limit: number;
}

/** So few are a person who tries things out. */
const FEWEST = 20;
/** What makes a median absolute deviation a standard deviation where values are normally distributed. */
const TO_DEVIATION = 1.4826;
const DEVIATIONS = 6;

/**
 * Whether an hour has unusually many refused enrolments against the hours before it; null when it has not. Median and
 * deviation do not move with a few bad hours, so an attack yesterday does not hide the one of today; twice the worst hour in
 * twenty leaves alone what a factory does every week.
 */
export const judgeEnrollmentFailures = (refused: number, past: readonly EnrollmentHour[]): FailureVerdict | null => {
  const counts = past.map((hour) => hour.refused).sort((a, b) => a - b);
  const usual = quantile(counts, 0.5);
  const off = counts.map((count) => Math.abs(count - usual)).sort((a, b) => a - b);
  const spread = DEVIATIONS * TO_DEVIATION * quantile(off, 0.5);
  const limit = Math.ceil(Math.max(FEWEST, usual + spread, 2 * quantile(counts, 0.95)));
  return refused > limit ? { usual, limit } : null;
};

const quantile = (sorted: readonly number[], share: number): number =>
  sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
