import { addCounts, slotsTaken } from './count-executions.js';
import { opened } from './move-waves.js';
import type { TickDecision, TickFacts } from './tick-facts.js';

/** How long an online device may take to say yes. */
export const ACCEPT_S = 60;

const after = (now: Date, seconds: number): Date => new Date(now.getTime() + seconds * 1000);

/**
 * Who is offered next: reachable devices of opened waves in the frozen order, never more at once than the cap and
 * never faster than the rate. A device that already runs what it should is not bothered.
 */
export function pickOffers(facts: TickFacts, now: Date): TickDecision[] {
  const { plan } = facts;
  const free = plan.concurrency - slotsTaken(addCounts(facts.waves.map((wave) => wave.counts)));
  const pace = plan.ratePerMinute === null ? free : plan.ratePerMinute - facts.offeredLastMinute;
  const waves = new Set(opened(facts).map((wave) => wave.n));

  const inOrder = facts.candidates
    .filter((candidate) => waves.has(candidate.wave))
    .sort((a, b) => a.position - b.position);
  const there = inOrder.filter((c) => c.wantedVersion !== null && c.wantedVersion === c.reportedVersion);
  const chosen = inOrder.filter((c) => !there.includes(c)).slice(0, Math.max(0, Math.min(free, pace)));

  const decisions: TickDecision[] = [];
  if (there.length > 0)
    decisions.push({
      kind: 'settle',
      event: 'satisfy',
      code: 'already_satisfied',
      executionIds: there.map((c) => c.executionId),
    });
  if (chosen.length > 0)
    decisions.push({
      kind: 'offer',
      executionIds: chosen.map((c) => c.executionId),
      acceptBy: after(now, Math.min(ACCEPT_S, plan.deadlineS)),
      deadlineAt: after(now, plan.deadlineS),
    });
  return decisions;
}
