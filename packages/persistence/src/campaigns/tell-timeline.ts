import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import { deviceEventStore } from '../devices/device-event.store.js';
import type { Tx } from '../transaction.js';

export interface ToldMove {
  readonly deviceId: string;
  readonly campaignId: string;
  readonly releaseVersion: string | null;
  readonly to: ExecutionState;
  readonly code: string | null;
}

/** Steps a person looks for in a device's timeline; the ones between are on the campaign's page. */
const told: Partial<Record<ExecutionState, string>> = {
  offered: 'offered',
  installing: 'being installed',
  soaking: 'installed, soaking',
  succeeded: 'confirmed',
  rolled_back: 'confirmed after its return',
  failed: 'failed',
  rejected: 'rejected',
  timed_out: 'timed out',
  in_doubt: 'in doubt: the device went silent',
  cancelled: 'cancelled',
  regressed: 'lost: the device fell back',
};

/** Writes what became of updates into their devices' timelines. */
export async function tellTimeline(tx: Tx, moves: readonly ToldMove[], now: Date): Promise<void> {
  const events = moves.flatMap(({ deviceId, campaignId, releaseVersion, to, code }) => {
    const word = told[to];
    if (word === undefined) return [];
    const what = releaseVersion === null ? 'Campaign step' : `Update to ${releaseVersion}`;
    const why = code === null || code === 'confirmed' ? '' : ` (${code.replaceAll('_', ' ')})`;
    return [
      { deviceId, kind: 'execution' as const, summary: `${what} ${word}${why}`, facts: { campaignId, state: to } },
    ];
  });
  await deviceEventStore.append(tx, events, now);
}
