import { addCounts, slotsTaken } from './count-executions.js';
import { opened } from './move-waves.js';
import { offerableSites } from './offerable-sites.js';
import type { CandidateFacts, TickDecision, TickFacts } from './tick-facts.js';

/** How long an online device may take to say yes: longer than a queue needs to give a dead worker's job to another. */
export const ACCEPT_S = 120;
/** One offer in so many goes to a device that deferred, as long as others wait for their first. */
const SECOND_ASKING = 4;

const after = (now: Date, seconds: number): Date => new Date(now.getTime() + seconds * 1000);

/**
 * First offers in the frozen order, with one in four for those that deferred, longest ago first: neither a long queue nor
 * a crowd of devices with empty batteries keeps the others from their turn. With less room than that the clock says
 * whose turn it is.
 */
function inTurn(candidates: readonly CandidateFacts[], now: Date): CandidateFacts[] {
  const first = candidates.filter((c) => !c.deferred).sort((a, b) => a.position - b.position);
  const again = candidates
    .filter((c) => c.deferred)
    .sort((a, b) => (a.notBefore?.getTime() ?? 0) - (b.notBefore?.getTime() ?? 0) || a.position - b.position);
  const start = Math.floor(now.getTime() / 1000);
  const turns: CandidateFacts[] = [];
  for (let i = 0; first.length + again.length > 0; i++) {
    const lane = again.length > 0 && ((start + i) % SECOND_ASKING === 0 || first.length === 0) ? again : first;
    turns.push(lane.shift()!);
  }
  return turns;
}

/** Takes as many as there is room for, over all and at each site. */
function within(candidates: readonly CandidateFacts[], most: number, facts: TickFacts, now: Date): CandidateFacts[] {
  const { pace, plan } = facts;
  if (pace === undefined) return candidates.slice(0, most);
  const rooms = new Map(offerableSites(plan, pace, now).map(({ site, room }) => [site, room] as const));
  const chosen: CandidateFacts[] = [];
  for (const candidate of candidates) {
    if (chosen.length >= most) break;
    const site = candidate.site ?? '';
    const room = rooms.get(site);
    if (room === undefined || room === 0) continue;
    if (room !== null) rooms.set(site, room - 1);
    chosen.push(candidate);
  }
  return chosen;
}

/**
 * Who is offered next: reachable devices of opened waves, in open windows at sites that are neither frozen nor full,
 * never more at once than the cap and never faster than the rate. A device that already runs what it should is not
 * bothered.
 */
export function pickOffers(facts: TickFacts, now: Date): TickDecision[] {
  const { plan } = facts;
  const free = plan.concurrency - slotsTaken(addCounts(facts.waves.map((wave) => wave.counts)));
  const pace = plan.ratePerMinute === null ? free : plan.ratePerMinute - facts.offeredLastMinute;
  const waves = new Set(opened(facts).map((wave) => wave.n));

  const due = facts.candidates.filter((c) => waves.has(c.wave) && (c.notBefore == null || c.notBefore <= now));
  const isThere = (c: CandidateFacts): boolean => c.wantedVersion !== null && c.wantedVersion === c.reportedVersion;
  const there = due.filter(isThere).sort((a, b) => a.position - b.position);
  const turns = inTurn(
    due.filter((c) => !isThere(c)),
    now,
  );
  const chosen = within(turns, Math.max(0, Math.min(free, pace)), facts, now);

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
