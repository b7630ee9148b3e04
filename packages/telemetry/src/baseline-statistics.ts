/** A normal distribution's median absolute deviation times this is its standard deviation. */
const MAD_TO_SIGMA = 1.4826;

export const ascending = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

/** Of ascending values; NaN of none. */
export const medianOfSorted = (sorted: ArrayLike<number>): number => {
  const n = sorted.length;
  return n === 0 ? Number.NaN : (sorted[(n - 1) >> 1]! + sorted[n >> 1]!) / 2;
};

export const median = (values: readonly number[]): number => medianOfSorted(ascending(values));

/** Robust standard deviation of residuals around zero. */
export const sigmaOf = (residuals: readonly number[]): number => MAD_TO_SIGMA * median(residuals.map(Math.abs));

/** Robust standard deviation of values around their median. */
export const sigmaAround = (values: readonly number[], centre = median(values)): number =>
  sigmaOf(values.map((value) => value - centre));

/** Of ascending values, `share` from 0 to 1. */
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))] ?? Number.NaN;

/** The median of all values but the one of rank `left`, of ascending values; NaN when none is left. */
export const medianWithout = (sorted: readonly number[], left: number): number => {
  const n = sorted.length - 1;
  if (n <= 0) return Number.NaN;
  const at = (rank: number) => sorted[rank < left ? rank : rank + 1]!;
  return (at((n - 1) >> 1) + at(n >> 1)) / 2;
};

/** The smallest step between different values: what the sensor can tell apart. Zero when there is one value only. */
export const resolutionOf = (values: readonly number[]): number => {
  let smallest = Number.POSITIVE_INFINITY;
  const sorted = ascending(values);
  // Sums of decimals differ in their last bits; that is no step.
  const noise = 1e-9 * Math.max(Math.abs(sorted[0] ?? 0), Math.abs(sorted.at(-1) ?? 0));
  for (let i = 1; i < sorted.length; i++) {
    const step = sorted[i]! - sorted[i - 1]!;
    if (step > noise && step < smallest) smallest = step;
  }
  return Number.isFinite(smallest) ? smallest : 0;
};

/** Median of the slopes of all pairs (Theil 1950, Sen 1968), per step of the index; missing values are null. */
export const theilSen = (values: readonly (number | null)[]): number => {
  const slopes: number[] = [];
  for (let j = 1; j < values.length; j++)
    for (let i = 0; i < j; i++) {
      const [a, b] = [values[i]!, values[j]!];
      if (a !== null && b !== null) slopes.push((b - a) / (j - i));
    }
  return median(slopes);
};

/** How surely values rise (or fall), in standard deviations of chance (Mann 1945, Kendall 1975). */
export const mannKendall = (values: readonly (number | null)[]): number => {
  const present = values.filter((value) => value !== null);
  const n = present.length;
  let sum = 0;
  for (let j = 1; j < n; j++) for (let i = 0; i < j; i++) sum += Math.sign(present[j]! - present[i]!);
  return n < 3 ? 0 : (sum - Math.sign(sum)) / Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
};
