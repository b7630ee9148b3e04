/** A set of whole numbers kept as ordered, disjoint, non-touching ranges. */
export class RangeSet {
  #ranges: [number, number][] = [];

  get ranges(): readonly (readonly [number, number])[] {
    return this.#ranges;
  }

  add(from: number, to: number): void {
    if (to < from) return;
    const start = this.#ranges.findIndex(([, end]) => end >= from - 1);
    if (start === -1) {
      this.#ranges.push([from, to]);
      return;
    }
    let stop = start;
    let low = from;
    let high = to;
    while (stop < this.#ranges.length && this.#ranges[stop]![0] <= to + 1) {
      low = Math.min(low, this.#ranges[stop]![0]);
      high = Math.max(high, this.#ranges[stop]![1]);
      stop++;
    }
    this.#ranges.splice(start, stop - start, [low, high]);
  }

  has(n: number): boolean {
    return this.#ranges.some(([from, to]) => from <= n && n <= to);
  }

  covers(from: number, to: number): boolean {
    return to < from || this.#ranges.some(([low, high]) => low <= from && to <= high);
  }

  /** How many of the numbers from..to are in the set. */
  countWithin(from: number, to: number): number {
    let n = 0;
    for (const [low, high] of this.#ranges) n += Math.max(0, Math.min(high, to) - Math.max(low, from) + 1);
    return n;
  }

  /** Forgets everything below `floor`. */
  dropBelow(floor: number): void {
    this.#ranges = this.#ranges.flatMap(([low, high]): [number, number][] =>
      high < floor ? [] : [[Math.max(low, floor), high]],
    );
  }
}
