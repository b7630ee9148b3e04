import { recallableStates } from '@muster/domain/campaigns/execution.machine';
import { outbox } from '../outbox/outbox.store.js';
import type { Tx } from '../transaction.js';
import { cancelAll, type Outcome } from './settle.store.js';
import { CountDeltas, waveStore } from './wave.store.js';

/** Cancels everything that has not passed the point of no return: queued ones never start, busy ones are told. */
export async function recall(tx: Tx, campaignId: string, code: string, now: Date): Promise<void> {
  const out: Outcome = { deltas: new CountDeltas(), letters: [] };
  await cancelAll(tx, campaignId, ['queued', 'unreachable', ...recallableStates], code, out, now);
  await waveStore.count(tx, campaignId, out.deltas, now);
  await outbox.dropAll(tx, out.letters);
}
