/** What a sample of devices says of one number: how many, their mean, and how far they spread (n - 1 below). */
export interface Moments {
  readonly n: number;
  readonly mean: number;
  readonly variance: number;
}

export type Interval = readonly [low: number, high: number];

/** The three numbers of a sample; null for an empty one. */
export function momentsOf(values: readonly number[]): Moments | null {
  if (values.length === 0) return null;
  let [n, mean, squares] = [0, 0, 0];
  for (const value of values) {
    n++;
    const off = value - mean;
    mean += off / n;
    squares += off * (value - mean);
  }
  return { n, mean, variance: n > 1 ? squares / (n - 1) : 0 };
}

const ALPHA = 0.05;
/** The interval is tightest near this many devices: a usual first wave. */
const TIGHTEST_AT = 50;
/** Best rho for that size (Waudby-Smith et al., appendix B.2). */
const RHO2 = (-2 * Math.log(ALPHA) + Math.log(-2 * Math.log(ALPHA) + 1)) / TIGHTEST_AT;

/**
 * Half the width of an interval around a mean of `n` that holds with 95% at every n at once, so that looking after every
 * device, and stopping when one likes what one sees, costs nothing. An asymptotic confidence sequence with a Gaussian
 * mixture boundary: I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy, A. Ramdas, "Time-uniform central limit theory
 * and asymptotic confidence sequences", arXiv 2103.06476 (2021), Annals of Statistics 52 (2024), theorem 2.2:
 * sigma * sqrt(2 (n rho^2 + 1) / (n^2 rho^2) * ln(sqrt(n rho^2 + 1) / alpha)).
 */
export function radius({ n, variance }: Moments): number {
  const grown = n * RHO2 + 1;
  return Math.sqrt(variance * ((2 * grown) / (n * n * RHO2)) * Math.log(Math.sqrt(grown) / ALPHA));
}

/**
 * The same sample of shares, 0 to 1, with one observation more that lies as far off as a share can on average (1/4).
 * Ten devices that all say 0 have no spread of their own, and that is not knowledge.
 */
export const asShares = (moments: Moments): Moments =>
  moments.n < 2
    ? { ...moments, variance: Number.POSITIVE_INFINITY }
    : { ...moments, variance: moments.variance + 0.25 / (moments.n - 1) };

/** Interval of `a - b` for independent samples, or of `a` alone: the squares of the half widths add up as variances do. */
export function differenceInterval(a: Moments, b: Moments | null): Interval {
  const off = b === null ? radius(a) : Math.hypot(radius(a), radius(b));
  const middle = a.mean - (b?.mean ?? 0);
  return [middle - off, middle + off];
}
