import type { Clock } from '@muster/runtime/clock/clock';

/** A clock that stands still until told otherwise. */
export class FakeClock implements Clock {
  #elapsed = 0;
  readonly #timers = new Set<{ at: number; callback: () => void }>();
  readonly #start: number;

  constructor(start: Date | string = '2026-01-01T00:00:00.000Z') {
    this.#start = new Date(start).getTime();
  }

  now(): Date {
    return new Date(this.#start + this.#elapsed);
  }

  monotonic(): number {
    return this.#elapsed;
  }

  /** Calls back when time has been moved past `milliseconds` from now; the returned function cancels. */
  after(milliseconds: number, callback: () => void): () => void {
    const timer = { at: this.#elapsed + milliseconds, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many wait for a time. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves both readings forward, and calls back whom that is due, in the order they asked for. */
  advance(milliseconds: number): void {
    this.#elapsed += milliseconds;
    const due = [...this.#timers].filter(({ at }) => at <= this.#elapsed).sort((a, b) => a.at - b.at);
    for (const timer of due) if (this.#timers.delete(timer)) timer.callback();
  }
}
