import { hasEnded } from './campaign.machine.js';
import { addCounts, busyCount, countOf, liveCount, type StateCounts, slotsTaken, total } from './count-executions.js';
import { waitingStates } from './execution.machine.js';
import type { Decision, TickDecision, TickFacts } from './tick-facts.js';

const finished = (code: string, counts: StateCounts): Decision => ({
  kind: 'finished',
  wave: null,
  verdict: null,
  code,
  inputs: {
    targets: total(counts),
    succeeded: countOf(counts, 'succeeded', 'rolled_back'),
    satisfied: countOf(counts, 'already_satisfied'),
    failed: countOf(counts, 'failed', 'regressed'),
    timedOut: countOf(counts, 'timed_out', 'in_doubt'),
    rejected: countOf(counts, 'rejected'),
    outstanding: countOf(counts, 'unreachable', 'cancelled', 'queued', 'deferred'),
  },
  limits: {},
});

/** How far a rollback came, read off the child campaign's counts. */
export const rollbackRecord = (kind: 'rollback_finished' | 'rollback_failed', counts: StateCounts): Decision => ({
  kind,
  wave: null,
  verdict: null,
  code: kind,
  inputs: {
    targets: total(counts),
    returned: countOf(counts, 'rolled_back'),
    satisfied: countOf(counts, 'already_satisfied'),
    blocked: countOf(counts, 'rollback_blocked'),
    failed: countOf(counts, 'failed', 'regressed', 'timed_out', 'in_doubt', 'rejected'),
    outstanding: countOf(counts, 'unreachable', 'cancelled', 'queued', 'deferred', 'superseded'),
  },
  limits: {},
});

function complete(facts: TickFacts, counts: StateCounts): TickDecision[] {
  const through = facts.waves.every((w) => w.state === 'passed' || w.state === 'empty' || w.state === 'skipped');
  if (!through || liveCount(counts) > 0 || countOf(counts, 'queued') > 0) return [];
  const clean = total(counts) === countOf(counts, 'succeeded', 'rolled_back', 'already_satisfied');
  return clean
    ? [{ kind: 'finish', event: 'complete', code: 'completed', decision: finished('completed', counts) }]
    : [{ kind: 'finish', event: 'straggle', code: 'stragglers', decision: finished('stragglers', counts) }];
}

function afterHalt(facts: TickFacts): TickDecision[] {
  const { campaign, plan, rollback, returnable } = facts;
  if (campaign.killed) return [];
  if (!plan.autoRollback || campaign.isRollback || campaign.kind !== 'release' || rollback !== null) return [];
  if (returnable > 0) return [{ kind: 'start_rollback' }];
  return [
    { kind: 'cancel', states: waitingStates, code: 'campaign_failed' },
    { kind: 'finish', event: 'fail', code: 'nothing_to_return', decision: null },
  ];
}

function afterRollback(facts: TickFacts, counts: StateCounts): TickDecision[] {
  const { rollback } = facts;
  if (rollback === null) return [];
  if (rollback.state === 'completed' || rollback.state === 'completed_with_stragglers') {
    // A device of ours that is still busy may yet need returning; the child waits for it, and so do we.
    if (busyCount(counts) > 0) return [];
    return [
      { kind: 'cancel', states: waitingStates, code: 'campaign_failed' },
      {
        kind: 'finish',
        event: 'returned',
        code: 'rolled_back',
        decision: rollbackRecord('rollback_finished', rollback.counts),
      },
    ];
  }
  if (rollback.state === 'halted' || hasEnded(rollback.state))
    return [{ kind: 'halt', wave: null, decision: rollbackRecord('rollback_failed', rollback.counts) }];
  return [];
}

/** Ends what has nothing left to do: completes, pauses, stops, starts a rollback after a halt, closes a finished one. */
export function finishCampaign(facts: TickFacts): TickDecision[] {
  const counts = addCounts(facts.waves.map((wave) => wave.counts));
  switch (facts.campaign.state) {
    case 'running':
    case 'held':
      return complete(facts, counts);
    case 'pausing':
      return slotsTaken(counts) === 0 ? [{ kind: 'finish', event: 'settle', code: 'paused', decision: null }] : [];
    case 'stopping':
      return busyCount(counts) === 0
        ? [
            { kind: 'cancel', states: waitingStates, code: 'campaign_stopped' },
            { kind: 'finish', event: 'settle', code: 'stopped', decision: finished('stopped', counts) },
          ]
        : [];
    case 'halted':
      return afterHalt(facts);
    case 'rolling_back':
      return afterRollback(facts, counts);
    default:
      return [];
  }
}
