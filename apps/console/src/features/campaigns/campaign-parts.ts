import type { Counters } from '@muster/contracts/campaigns/campaigns.schema';
import type { Part } from '../../ui/partition-bar.js';

const looks = [
  ['succeeded', 'Succeeded', 'good'],
  ['failed', 'Failed', 'bad'],
  ['timedOut', 'Timed out', 'bad'],
  ['rejected', 'Rejected', 'bad'],
  ['rolledBack', 'Rolled back', 'warn'],
  ['inFlight', 'In flight', 'active'],
  ['queued', 'Queued', 'plain'],
  ['waiting', 'Waiting for their wave', 'idle'],
  ['other', 'Not updated', 'idle'],
] as const satisfies readonly (readonly [keyof Counters, string, Part['tone']])[];

/** The nine counters as parts of the targets, in the order people ask for them. */
export const partsOf = (counters: Counters): Part[] =>
  looks.map(([key, label, tone]) => ({
    key,
    label,
    tone,
    count: counters[key],
    always: key === 'succeeded' || key === 'failed',
  }));

/** Devices the release was tried on to an end; those that failed; those brought back to their previous release. */
export const outcomes = (counters: Counters) => {
  const bad = counters.failed + counters.timedOut + counters.rejected;
  const returned = counters.rolledBack;
  return { resolved: counters.succeeded + bad + returned, bad, returned };
};
