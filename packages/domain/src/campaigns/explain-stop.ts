import type { StopPreview } from '@muster/contracts/campaigns/campaigns.schema';
import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import { countOf, type StateCounts } from './count-executions.js';

type Group = StopPreview['groups'][number];

const devices = (n: number): string => `${n} ${n === 1 ? 'device' : 'devices'}`;

/** What a stop means for a device, by where its update stands. Outcomes that are not listed stay what they are. */
const effects: readonly [Group['effect'], readonly ExecutionState[], (n: number) => string][] = [
  ['never_offered', ['queued', 'unreachable', 'deferred'], (n) => `${devices(n)} will not be offered the update.`],
  [
    'recalled',
    ['offered', 'accepted', 'downloading', 'downloaded'],
    (n) => `${devices(n)} ${n === 1 ? 'is' : 'are'} told to drop the update; nothing has been installed there yet.`,
  ],
  [
    'finishes',
    ['installing', 'rebooting', 'verifying', 'rolling_back'],
    (n) => `${devices(n)} ${n === 1 ? 'is' : 'are'} past the point of no return and will finish.`,
  ],
  [
    'soaks_on',
    ['soaking'],
    (n) => `${devices(n)} ${n === 1 ? 'runs' : 'run'} the new version and will be watched to the end of the soak.`,
  ],
  [
    'stays_updated',
    ['succeeded', 'rolled_back'],
    (n) => `${devices(n)} ${n === 1 ? 'stays' : 'stay'} as updated; a rollback is an order of its own.`,
  ],
];

/** What a stop would do now to whom, as counts alone can tell; groups without a device are left out. */
export const previewStop = (counts: StateCounts): Group[] =>
  effects.flatMap(([effect, states, sentence]) => {
    const count = countOf(counts, ...states);
    return count === 0 ? [] : [{ effect, count, sentence: sentence(count) }];
  });

/** The devices a stopping campaign still waits for, by phase: nothing more is offered, and these finish by themselves. */
export function explainInFlight(counts: StateCounts): string {
  const phases: readonly ExecutionState[] = ['installing', 'rebooting', 'verifying', 'rolling_back', 'soaking'];
  const named = phases
    .map((phase) => [phase, countOf(counts, phase)] as const)
    .filter(([, n]) => n > 0)
    .map(([phase, n]) => `${n} ${phase.replaceAll('_', ' ')}`);
  if (named.length === 0) return 'no device is in flight any more';
  return `still in flight: ${named.join(', ')}; they finish by themselves`;
}
