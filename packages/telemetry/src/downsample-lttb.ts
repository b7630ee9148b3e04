/** A point of a line: `t` in ms since the epoch. */
export interface Point {
  readonly t: number;
  readonly v: number;
}

/**
 * At most `most` of `points` (in time order), chosen so that the line keeps its shape: the first, the last, and of each
 * stretch between them the point that spans the largest triangle with the one kept before and the mean of the stretch
 * after (S. Steinarsson, Downsampling Time Series for Visual Representation, 2013). `most` is at least 3.
 */
export function downsampleLttb<P extends Point>(points: readonly P[], most: number): P[] {
  if (points.length <= most) return [...points];
  const kept: P[] = [points[0]!];
  const stretch = (points.length - 2) / (most - 2);
  const start = (n: number) => Math.min(Math.floor(n * stretch) + 1, points.length - 1);
  for (let n = 0; n < most - 2; n++) {
    const mean = meanOf(points, start(n + 1), n === most - 3 ? points.length : start(n + 2));
    const before = kept.at(-1)!;
    let best = points[start(n)]!;
    let largest = -1;
    for (let i = start(n); i < start(n + 1); i++) {
      const point = points[i]!;
      const area = Math.abs((before.t - mean.t) * (point.v - before.v) - (before.t - point.t) * (mean.v - before.v));
      if (area > largest) {
        largest = area;
        best = point;
      }
    }
    kept.push(best);
  }
  kept.push(points.at(-1)!);
  return kept;
}

const meanOf = (points: readonly Point[], from: number, to: number): Point => {
  let t = 0;
  let v = 0;
  for (let i = from; i < to; i++) {
    t += points[i]!.t;
    v += points[i]!.v;
  }
  return { t: t / (to - from), v: v / (to - from) };
};
