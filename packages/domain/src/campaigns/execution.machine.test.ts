import { describe, expect, it } from 'vitest';
import { askAgainAt } from './apply-report.js';
import { partition } from './count-executions.js';
import { execution, holdsSlot, isBusy, isLive, recallableStates, waitingStates } from './execution.machine.js';

describe('a deferred execution', () => {
  it('is offered again, or recalled, or given up as out of reach, like one that was never offered', () => {
    expect(execution.next('deferred', 'offer')).toEqual({ kind: 'done', state: 'offered' });
    expect(execution.next('deferred', 'cancel')).toEqual({ kind: 'done', state: 'cancelled' });
    expect(execution.next('deferred', 'lose')).toEqual({ kind: 'done', state: 'unreachable' });
    expect(execution.next('deferred', 'remove')).toEqual({ kind: 'done', state: 'removed' });
    expect(recallableStates).toContain('deferred');
    expect(waitingStates).toContain('deferred');
  });

  it('has no slot and no clocks, and keeps its device', () => {
    expect([holdsSlot('deferred'), isBusy('deferred'), isLive('deferred')]).toEqual([false, false, true]);
    expect(partition({ deferred: 2, offered: 1 }, true)).toMatchObject({ queued: 2, inFlight: 1 });
  });

  it('is asked again when the device said, after five minutes when it said nothing, never within the same minute', () => {
    const now = new Date('2026-01-01T00:00:00Z');
    const wait = (retryAfterS?: number): number => (askAgainAt(retryAfterS, now).getTime() - now.getTime()) / 1000;
    expect([wait(7200), wait(), wait(1)]).toEqual([7200, 300, 60]);
  });
});
