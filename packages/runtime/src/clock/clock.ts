/** Where time comes from. Rules take `now` as an argument; doors take it from a clock, so tests can hold it still. */
export interface Clock {
  /** Wall-clock time. */
  now(): Date;
  /** Milliseconds that never run backwards; only differences mean anything. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
};

/** Nest injection token of the process's clock. */
export const CLOCK = Symbol('clock');
