import type { Clock } from '@muster/runtime/clock/clock';

/** How many at once, and how fast they come back. */
export interface Pace {
  readonly capacity: number;
  readonly perMinute: number;
}

const MOST_KEYS = 10_000;

/** One bucket for each key (an address, a token), in this process only. */
export class TokenBucket {
  readonly #buckets = new Map<string, { left: number; at: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly pace: Pace,
  ) {}

  /** Takes one; false when the bucket is empty. */
  take(key: string): boolean {
    const bucket = this.#refill(key);
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
  }

  isEmpty(key: string): boolean {
    return this.#buckets.has(key) && this.#refill(key).left < 1;
  }

  /** Whole seconds until the bucket has one again, at least 1: what Retry-After says. */
  secondsToNext(key: string): number {
    const missing = Math.max(0, 1 - this.#refill(key).left);
    return Math.max(1, Math.ceil((missing / this.pace.perMinute) * 60));
  }

  #refill(key: string): { left: number; at: number } {
    const now = this.clock.monotonic();
    const known = this.#buckets.get(key);
    const { capacity, perMinute } = this.pace;
    const left = known ? Math.min(capacity, known.left + ((now - known.at) / 60_000) * perMinute) : capacity;
    const bucket = { left, at: now };
    // The oldest key goes first: Map keeps the order of insertion, and every use inserts anew.
    this.#buckets.delete(key);
    if (this.#buckets.size >= MOST_KEYS) this.#buckets.delete(this.#buckets.keys().next().value!);
    this.#buckets.set(key, bucket);
    return bucket;
  }
}
