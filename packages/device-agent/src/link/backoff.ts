import type { Random } from '../ports/random.js';

const BASE_MS = 1_000;
const CAP_MS = 300_000;
/** A session that ended sooner counts as one more failure: being let in and thrown out is no reason to hurry back. */
const STABLE_MS = 60_000;

export interface BackoffLimits {
  baseMs: number;
  capMs: number;
  stableMs: number;
}

/** Full jitter: the n-th wait is uniform between 0 and min(cap, base * 2^n). */
export class Backoff {
  #failures = 0;

  constructor(
    private readonly random: Random,
    private readonly limits: BackoffLimits = { baseMs: BASE_MS, capMs: CAP_MS, stableMs: STABLE_MS },
  ) {}

  /** A session that lived this long, in milliseconds, ended. */
  sessionEnded(livedMs: number): void {
    if (livedMs >= this.limits.stableMs) this.#failures = 0;
  }

  nextWaitMs(): number {
    const ceiling = Math.min(this.limits.capMs, this.limits.baseMs * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    return this.random() * ceiling;
  }
}
