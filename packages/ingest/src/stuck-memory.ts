const MOST = 200_000;

interface Stretch {
  value: number;
  since: number;
}

/**
 * Since when each series has had its value. Lives in one process: after a restart, or where another process takes over, a
 * series has to be unchanged for the whole time once more before it counts as stuck.
 */
export class StuckMemory {
  readonly #stretches = new Map<string, Stretch>();

  /** Whether `series` has not changed for longer than `limitMs`, now that it is `value` at `at` (ms since the epoch). */
  isStuck(series: string, value: number, at: number, limitMs: number): boolean {
    const known = this.#stretches.get(series);
    if (known === undefined) {
      if (this.#stretches.size >= MOST) this.#dropOldest();
      this.#stretches.set(series, { value, since: at });
      return false;
    }
    // What arrives late says nothing of the stretch that began after it.
    if (at < known.since) return false;
    if (known.value === value) return at - known.since > limitMs;
    known.value = value;
    known.since = at;
    return false;
  }

  #dropOldest(): void {
    for (const series of this.#stretches.keys()) {
      this.#stretches.delete(series);
      return;
    }
  }
}
