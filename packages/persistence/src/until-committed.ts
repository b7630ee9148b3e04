import { setTimeout as pause } from 'node:timers/promises';
import { isTransient } from './failures.js';

/** As much of a log as is needed to say that the database is away. */
export interface Warnings {
  warn(facts: object, text: string): void;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Repeats `work` while the database is away or transactions collide, with growing pauses. Other failures are thrown: they
 * would come back. Nothing is acknowledged meanwhile, so devices keep what they sent.
 */
export async function untilCommitted<T>(work: () => Promise<T>, log: Warnings): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error)) throw error;
      log.warn({ err: error, pauseMs }, 'the database did not take it; trying again');
      await pause(pauseMs);
    }
  }
}
