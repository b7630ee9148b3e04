import type { CampaignState } from '@muster/contracts/campaigns/campaigns.schema';
import { campaignStates } from '@muster/contracts/campaigns/campaigns.schema';
import { type EventOf, machine } from '../machine.js';

const ends = { complete: 'completed', straggle: 'completed_with_stragglers' } as const;
// A pause ends where it began: before the first wave, between two, within one, or while devices are returned.
const released = {
  resume: 'running',
  hold: 'held',
  prepare: 'preparing',
  rollback: 'rolling_back',
  halt: 'halted',
  stop: 'stopping',
} as const;
const brakes = { pause: 'pausing', stop: 'stopping', halt: 'halted', rollback: 'rolling_back' } as const;

/** A campaign from draft to end. Gates are judged in every state where devices may still be updating, paused too. */
export const campaign = machine(
  campaignStates,
  {
    draft: { launch: 'preparing', submit: 'awaiting_approval', schedule: 'scheduled', stop: 'stopped' },
    awaiting_approval: {
      approve: 'preparing',
      schedule: 'scheduled',
      deny: 'denied',
      revise: 'draft',
      stop: 'stopped',
    },
    denied: { revise: 'draft' },
    scheduled: { launch: 'preparing', revise: 'draft', fail: 'failed', stop: 'stopped' },
    preparing: { start: 'running', fail: 'failed', pause: 'pausing', stop: 'stopping' },
    running: { ...brakes, ...ends, hold: 'held' },
    held: { ...brakes, ...ends, resume: 'running' },
    halted: { resume: 'running', rollback: 'rolling_back', stop: 'stopping', fail: 'failed' },
    pausing: { settle: 'paused', ...released },
    paused: released,
    stopping: { settle: 'stopped' },
    stopped: { rollback: 'rolling_back' },
    rolling_back: { returned: 'failed', halt: 'halted', pause: 'pausing' },
    // A device that falls back after the end reopens the verdict.
    completed: { halt: 'halted', rollback: 'rolling_back' },
    completed_with_stragglers: { halt: 'halted', rollback: 'rolling_back' },
    failed: {},
  },
  'draft',
);
export type CampaignEvent = EventOf<typeof campaign>;

/** States in which devices may be updating or clocks may be running: what the tick looks after. */
export const tickedStates = [
  'preparing',
  'running',
  'held',
  'halted',
  'pausing',
  'paused',
  'stopping',
  'rolling_back',
] as const satisfies readonly CampaignState[];

/** Nothing more will be offered unless somebody acts. */
export const endedStates = [
  'denied',
  'stopped',
  'completed',
  'completed_with_stragglers',
  'failed',
] as const satisfies readonly CampaignState[];

const ended: ReadonlySet<CampaignState> = new Set(endedStates);
export const hasEnded = (state: CampaignState): boolean => ended.has(state);
