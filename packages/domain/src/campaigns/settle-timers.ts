import type { ExecutionEvent } from './execution.machine.js';
import type { TickDecision, TickFacts, TimerFacts } from './tick-facts.js';

const due = (at: Date | null, now: Date): boolean => at !== null && at <= now;
const seenSince = (timer: TimerFacts): boolean => timer.lastSeenAt !== null && timer.lastSeenAt > timer.since;

type Outcome = readonly [event: ExecutionEvent, code: string];

function afterSoak(timer: TimerFacts, isRollback: boolean): Outcome {
  if (timer.wantedVersion !== null && timer.reportedVersion !== timer.wantedVersion) return ['fail', 'self_reverted'];
  if (timer.health === 'error') return ['fail', 'unhealthy'];
  return isRollback ? ['return', 'confirmed'] : ['succeed', 'confirmed'];
}

function outcomeOf(timer: TimerFacts, isRollback: boolean, now: Date): Outcome | null {
  if (timer.state === 'soaking' && due(timer.soakUntil, now) && seenSince(timer)) return afterSoak(timer, isRollback);
  if (due(timer.deadlineAt, now)) return seenSince(timer) ? ['time_out', 'deadline'] : ['doubt', 'silent'];
  if (timer.state === 'soaking' || !due(timer.stepDeadlineAt, now)) return null;
  if (timer.state === 'offered') return seenSince(timer) ? ['time_out', 'not_accepted'] : ['withdraw', 'offline'];
  return seenSince(timer) ? ['time_out', 'step_deadline'] : ['doubt', 'silent'];
}

/** How long a device may put its update off, from the opening of its wave; never less than a device has for the update. */
export const PATIENCE_S = 7 * 86_400;

/**
 * What the server's own clocks say about busy devices. A device that speaks but does not move is timed out; one that
 * went silent is in doubt; an offer nobody could hear is taken back and frees its slot. Success needs a word from the
 * device after its soak began: the version it runs and its health. One that puts its update off for a week is not waited
 * for any longer, so that no campaign is open for ever.
 */
export function settleTimers(facts: TickFacts, now: Date): TickDecision[] {
  const groups = new Map<string, { event: ExecutionEvent; code: string; executionIds: string[] }>();
  const put = (event: ExecutionEvent, code: string, executionId: string): void => {
    const key = `${event} ${code}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { event, code, executionIds: [executionId] });
    else group.executionIds.push(executionId);
  };
  for (const timer of facts.timers) {
    const outcome = outcomeOf(timer, facts.campaign.isRollback, now);
    if (outcome !== null) put(...outcome, timer.executionId);
  }
  for (const executionId of facts.absent) put('lose', 'offline', executionId);
  for (const executionId of facts.putOff ?? []) put('time_out', 'deferred_too_long', executionId);
  return [...groups.keys()].sort().map((key) => {
    const group = groups.get(key)!;
    return { kind: 'settle', ...group, executionIds: group.executionIds.sort() };
  });
}
