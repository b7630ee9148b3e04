import { setTimeout as pause } from 'node:timers/promises';

export interface Patience {
  /** How long to keep trying, in milliseconds. */
  readonly within?: number;
  /** Pause between two tries, in milliseconds. */
  readonly every?: number;
}

/** Retries `check` until it stops throwing and returns its result; fails with the last error when time is up. */
export async function assertEventually<T>(check: () => T | Promise<T>, patience: Patience = {}): Promise<T> {
  const { within = 10_000, every = 25 } = patience;
  const deadline = performance.now() + within;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() >= deadline) throw error;
      await pause(every);
    }
  }
}
