import type { Clock } from '@muster/runtime/clock/clock';

/** A clock that stands still until told otherwise. */
export class FakeClock implements Clock {
  #elapsed = 0;
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

  /** Moves both readings forward. */
  advance(milliseconds: number): void {
    this.#elapsed += milliseconds;
  }
}
