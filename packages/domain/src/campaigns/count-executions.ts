import type { Counters } from '@muster/contracts/campaigns/campaigns.schema';
import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import { executionStates } from '@muster/contracts/campaigns/executions.schema';
import { holdsSlot, isBusy, isLive } from './execution.machine.js';

/** How many executions stand in each state; states without any may be left out. Kept by delta, never by count(*). */
export type StateCounts = { readonly [S in ExecutionState]?: number };

export const countOf = (counts: StateCounts, ...states: readonly ExecutionState[]): number =>
  states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);

const countWhere = (counts: StateCounts, keep: (state: ExecutionState) => boolean): number =>
  executionStates.reduce((sum, state) => sum + (keep(state) ? (counts[state] ?? 0) : 0), 0);

export const slotsTaken = (counts: StateCounts): number => countWhere(counts, holdsSlot);
export const busyCount = (counts: StateCounts): number => countWhere(counts, isBusy);
export const liveCount = (counts: StateCounts): number => countWhere(counts, isLive);
export const total = (counts: StateCounts): number => countWhere(counts, () => true);

/** The sum of several waves' counts. */
export function addCounts(all: readonly StateCounts[]): StateCounts {
  const sum: { [S in ExecutionState]?: number } = {};
  for (const counts of all)
    for (const state of executionStates) {
      const n = counts[state] ?? 0;
      if (n !== 0) sum[state] = (sum[state] ?? 0) + n;
    }
  return sum;
}

/**
 * Which of the page's nine parts a state belongs to; `waiting` is `queued` before the wave opens. Who deferred is queued
 * again: nothing happens at it until the next offer.
 */
const parts: Record<ExecutionState, keyof Counters> = {
  queued: 'queued',
  offered: 'inFlight',
  accepted: 'inFlight',
  deferred: 'queued',
  downloading: 'inFlight',
  downloaded: 'inFlight',
  installing: 'inFlight',
  rebooting: 'inFlight',
  verifying: 'inFlight',
  soaking: 'inFlight',
  rolling_back: 'inFlight',
  succeeded: 'succeeded',
  failed: 'failed',
  regressed: 'failed',
  timed_out: 'timedOut',
  in_doubt: 'timedOut',
  rejected: 'rejected',
  rolled_back: 'rolledBack',
  already_satisfied: 'other',
  cancelled: 'other',
  superseded: 'other',
  incompatible: 'other',
  unreachable: 'other',
  rollback_blocked: 'other',
  removed: 'other',
};

export const noCounters: Counters = {
  waiting: 0,
  queued: 0,
  inFlight: 0,
  succeeded: 0,
  failed: 0,
  timedOut: 0,
  rejected: 0,
  rolledBack: 0,
  other: 0,
};

/** The exact partition of a wave's targets; the nine parts always add up to them. */
export function partition(counts: StateCounts, opened: boolean): Counters {
  const counters = { ...noCounters };
  for (const state of executionStates) {
    const part = state === 'queued' && !opened ? 'waiting' : parts[state];
    counters[part] += counts[state] ?? 0;
  }
  return counters;
}

export function addCounters(all: readonly Counters[]): Counters {
  const sum = { ...noCounters };
  for (const counters of all) for (const part of Object.keys(sum) as (keyof Counters)[]) sum[part] += counters[part];
  return sum;
}
