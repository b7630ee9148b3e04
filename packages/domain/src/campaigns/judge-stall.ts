import { addCounts, busyCount, countOf, slotsTaken } from './count-executions.js';
import type { TickDecision, TickFacts } from './tick-facts.js';

/** Quieter than this is not worth a word, whatever the plan. */
const QUIET_S = 15 * 60;

/** How long nothing may move, in seconds, before somebody is told. */
export const patienceS = (stepTimeoutS: number): number => Math.max(QUIET_S, 2 * stepTimeoutS);

const stallable = new Set(['preparing', 'running', 'rolling_back', 'stopping']);

/**
 * Says once that a campaign has work left and nothing moves, and takes it back when something does. Devices that update
 * have clocks of their own, and what waits for a time or for a person that it can name has not stalled.
 */
export function judgeStall(facts: TickFacts, now: Date): TickDecision[] {
  const { progress, campaign, plan, waves } = facts;
  if (progress === undefined) return [];
  const { movedAt, stalledAt, waitsFor } = progress;
  if (stalledAt !== null)
    return !stallable.has(campaign.state) || movedAt > stalledAt ? [{ kind: 'stall', decision: null }] : [];
  if (!stallable.has(campaign.state) || campaign.killed || waitsFor !== null) return [];

  const counts = addCounts(waves.map((wave) => wave.counts));
  const ahead = waves.some((wave) => wave.state === 'planned' || wave.state === 'open' || wave.state === 'soaking');
  const outstanding = countOf(counts, 'queued', 'deferred', 'unreachable') + busyCount(counts);
  if ((!ahead && outstanding === 0) || slotsTaken(counts) > 0) return [];
  if (waves.some((wave) => wave.state === 'soaking' && wave.soakUntil !== null && wave.soakUntil > now)) return [];
  // The return is a campaign of its own and speaks for itself.
  if (facts.rollback !== null && campaign.state === 'rolling_back') return [];

  const soakS = countOf(counts, 'soaking') > 0 ? (plan.deviceSoakS ?? 0) : 0;
  const quietS = Math.floor((now.getTime() - movedAt.getTime()) / 1000);
  if (quietS < patienceS(plan.stepTimeoutS) + soakS) return [];
  const inputs = { quietS, outstanding, offline: countOf(counts, 'unreachable') };
  const limits = { patienceS: patienceS(plan.stepTimeoutS) };
  return [{ kind: 'stall', decision: { kind: 'stalled', wave: null, verdict: null, code: 'stalled', inputs, limits } }];
}
