import type { Tx } from '../transaction.js';

/** What makes consumers repeat-safe: a letter is remembered in the transaction that applies it. */
export const appliedLetters = {
  /** True the first time this consumer sees this letter; false when it already applied it. A second try that runs at the same time waits for the first. */
  async once(tx: Tx, consumer: string, letterId: string): Promise<boolean> {
    const inserted = await tx.execute(
      'insert into applied_letters (consumer, letter_id) values ($1, $2) on conflict do nothing',
      [consumer, letterId],
    );
    return inserted === 1;
  },
};
