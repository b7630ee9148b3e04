import { setTimeout as pause } from 'node:timers/promises';
import { isTransient } from '@muster/persistence/failures';
import type { Logger } from '@muster/runtime/logging/logger';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Repeats `work` while the database is away or transactions collide, with growing pauses. Other failures are thrown: they
 * would come back. Nothing is acknowledged meanwhile, so devices keep what they sent.
 */
export async function untilCommitted<T>(work: () => Promise<T>, logger: Logger): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error)) throw error;
      logger.warn({ err: error, pauseMs }, 'the database did not take it; trying again');
      await pause(pauseMs);
    }
  }
}
