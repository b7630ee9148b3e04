import { setTimeout as pause } from 'node:timers/promises';
import type { Database, Tx } from '@muster/persistence/database';
import { isTransient } from '@muster/persistence/failures';

const TRIES = 30;
const FIRST_MS = 50;
const LONGEST_MS = 2_000;

/**
 * Runs `work` in a system transaction until it gets the locks it needs. It gives up each attempt quickly, because whoever
 * waits for a lock on a table stops everybody behind it, and pauses longer and longer, because the reader in the way may
 * be a long one.
 */
export async function patiently<T>(database: Database, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1, ms = FIRST_MS; ; attempt++, ms = Math.min(ms * 2, LONGEST_MS))
    try {
      return await database.system(work);
    } catch (error) {
      if (!isTransient(error) || attempt === TRIES) throw error;
      await pause(ms);
    }
}
