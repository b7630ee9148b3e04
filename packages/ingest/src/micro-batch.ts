export interface MicroBatchSettings<T> {
  /** Flush when so many wait … */
  readonly size: number;
  /** … or when the first has waited this long. */
  readonly lingerMs: number;
  /** Flushes under way at once. */
  readonly inFlight: number;
  readonly flush: (items: readonly T[]) => Promise<void>;
}

interface Waiting<T> {
  readonly item: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Collects items and hands them over in batches. Under load batches fill by themselves; the linger bounds the wait when idle. */
export class MicroBatch<T> {
  readonly #settings: MicroBatchSettings<T>;
  #waiting: Waiting<T>[] = [];
  #flushing = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(settings: MicroBatchSettings<T>) {
    this.#settings = settings;
  }

  /** Resolves when the batch with the item is flushed; rejects when that failed. */
  add(item: T): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#waiting.length >= this.#settings.size) this.#flush();
      else this.#timer ??= setTimeout(() => this.#flush(), this.#settings.lingerMs);
    });
  }

  #flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    while (this.#waiting.length > 0 && this.#flushing < this.#settings.inFlight) void this.#run();
  }

  async #run(): Promise<void> {
    const batch = this.#waiting.slice(0, this.#settings.size);
    this.#waiting = this.#waiting.slice(batch.length);
    this.#flushing++;
    try {
      await this.#settings.flush(batch.map(({ item }) => item));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#flushing--;
      // What gathered meanwhile has waited long enough.
      if (this.#waiting.length > 0) this.#flush();
    }
  }
}
