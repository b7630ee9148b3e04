export interface MicroBatchSettings<T> {
  /** Flush when so many wait … */
  readonly size: number;
  /** … or when the first has waited this long. */
  readonly lingerMs: number;
  /** Flushes under way at once. */
  readonly inFlight: number;
  readonly flush: (items: readonly T[]) => Promise<void>;
}

interface Batch<T> {
  readonly items: T[];
  /** Of the whole batch: one each would be most of what a message costs here. */
  readonly flushed: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Collects items and hands them over in batches. Under load batches fill by themselves; the linger bounds the wait when idle. */
export class MicroBatch<T> {
  readonly #settings: MicroBatchSettings<T>;
  /** In the order they came; only the last may be filling. */
  readonly #waiting: Batch<T>[] = [];
  #flushing = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(settings: MicroBatchSettings<T>) {
    this.#settings = settings;
  }

  /** Resolves when the batch with the item is flushed; rejects when that failed. */
  add(item: T): Promise<void> {
    let batch = this.#waiting.at(-1);
    if (batch === undefined || batch.items.length >= this.#settings.size) {
      batch = openBatch();
      this.#waiting.push(batch);
    }
    batch.items.push(item);
    if (batch.items.length >= this.#settings.size) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#settings.lingerMs);
    return batch.flushed;
  }

  #flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    while (this.#waiting.length > 0 && this.#flushing < this.#settings.inFlight) void this.#run(this.#waiting.shift()!);
  }

  async #run({ items, resolve, reject }: Batch<T>): Promise<void> {
    this.#flushing++;
    try {
      await this.#settings.flush(items);
      resolve();
    } catch (error) {
      reject(error);
    } finally {
      this.#flushing--;
      // What gathered meanwhile has waited long enough.
      if (this.#waiting.length > 0) this.#flush();
    }
  }
}

const openBatch = <T>(): Batch<T> => {
  const { promise: flushed, resolve, reject } = Promise.withResolvers<void>();
  return { items: [], flushed, resolve, reject };
};
