/** What is due when, to the second: a bucket per second and a heap of the seconds, so that a million entries stay cheap. */
export class Agenda {
  readonly #buckets = new Map<number, number[]>();
  readonly #heap: number[] = [];

  /** `entry` is any integer; entries of one second come back in the order they were put. */
  put(atMs: number, entry: number): void {
    if (atMs === Number.POSITIVE_INFINITY) return;
    const second = Math.ceil(atMs / 1000);
    const bucket = this.#buckets.get(second);
    if (bucket !== undefined) bucket.push(entry);
    else {
      this.#buckets.set(second, [entry]);
      this.#push(second);
    }
  }

  /** The next second with something in it, in milliseconds; infinity when there is none. */
  next = (): number => (this.#heap.length === 0 ? Number.POSITIVE_INFINITY : this.#heap[0]! * 1000);

  /** Takes everything due at or before `nowMs`, earliest first. */
  take(nowMs: number): number[] {
    const due: number[] = [];
    while (this.#heap.length > 0 && this.#heap[0]! * 1000 <= nowMs) {
      const second = this.#pop();
      for (const entry of this.#buckets.get(second)!) due.push(entry);
      this.#buckets.delete(second);
    }
    return due;
  }

  #push(value: number): void {
    const heap = this.#heap;
    let at = heap.push(value) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]! <= value) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = value;
  }

  #pop(): number {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= last) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
