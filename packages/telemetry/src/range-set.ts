/** Inclusive, e.g. [3, 5] holds 3, 4 and 5. */
export type Range = readonly [from: number, to: number];

/** A set of whole numbers kept as disjoint, ascending, non-touching ranges. */
export class RangeSet {
  #ranges: [number, number][] = [];

  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** Adds one number, or all of from..to; constant time when numbers arrive in order. */
  add(from: number, to = from): void {
    if (to < from) return;
    const ranges = this.#ranges;
    const last = ranges.at(-1);
    if (last === undefined || from > last[1] + 1) {
      ranges.push([from, to]);
      return;
    }
    if (from >= last[0]) {
      last[1] = Math.max(last[1], to);
      return;
    }
    const start = this.#firstEndingFrom(from - 1);
    let stop = start;
    let low = from;
    let high = to;
    while (stop < ranges.length && ranges[stop]![0] <= to + 1) {
      low = Math.min(low, ranges[stop]![0]);
      high = Math.max(high, ranges[stop]![1]);
      stop++;
    }
    ranges.splice(start, stop - start, [low, high]);
  }

  has(n: number): boolean {
    return this.covers(n, n);
  }

  /** Whether every number of from..to is in the set. */
  covers(from: number, to: number): boolean {
    if (to < from) return true;
    const range = this.#ranges[this.#firstEndingFrom(from)];
    return range !== undefined && range[0] <= from && to <= range[1];
  }

  /** How many of the numbers from..to are in the set. */
  countWithin(from: number, to: number): number {
    if (to < from) return 0;
    let n = 0;
    for (let i = this.#firstEndingFrom(from); i < this.#ranges.length && this.#ranges[i]![0] <= to; i++)
      n += Math.min(this.#ranges[i]![1], to) - Math.max(this.#ranges[i]![0], from) + 1;
    return n;
  }

  /** Forgets everything below `floor`. */
  dropBelow(floor: number): void {
    this.#ranges = this.#ranges.flatMap(([low, high]): [number, number][] =>
      high < floor ? [] : [[Math.max(low, floor), high]],
    );
  }

  /** Index of the first range that ends at `n` or later. */
  #firstEndingFrom(n: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ranges[middle]![1] < n) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
