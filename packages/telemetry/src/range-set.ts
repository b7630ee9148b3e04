/** Inclusive, e.g. [3, 5] holds 3, 4 and 5. */
export type Range = readonly [from: number, to: number];

/** A set of whole numbers kept as disjoint, ascending, non-touching ranges. */
export class RangeSet {
  readonly #ranges: [number, number][] = [];

  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** Adds one number; constant time when numbers arrive in order. */
  add(n: number): void {
    const ranges = this.#ranges;
    const last = ranges.at(-1);
    if (last === undefined || n > last[1] + 1) {
      ranges.push([n, n]);
      return;
    }
    if (n === last[1] + 1) {
      last[1] = n;
      return;
    }
    let low = 0;
    let high = ranges.length;
    // The first range that ends at n - 1 or later.
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ranges[middle]![1] < n - 1) low = middle + 1;
      else high = middle;
    }
    const found = ranges[low]!;
    if (n < found[0] - 1) {
      ranges.splice(low, 0, [n, n]);
      return;
    }
    found[0] = Math.min(found[0], n);
    found[1] = Math.max(found[1], n);
    const next = ranges[low + 1];
    if (next !== undefined && next[0] === found[1] + 1) {
      found[1] = next[1];
      ranges.splice(low + 1, 1);
    }
  }

  has(n: number): boolean {
    return this.#ranges.some(([from, to]) => n >= from && n <= to);
  }
}
