import type { CampaignState } from '@muster/contracts/campaigns/campaigns.schema';
import { recallableStates } from './execution.machine.js';
import { finishCampaign } from './finish-campaign.js';
import { judgeStall } from './judge-stall.js';
import { judgeWaves, moveWaves } from './move-waves.js';
import { pickOffers } from './pick-offers.js';
import { settleTimers } from './settle-timers.js';
import type { TickDecision, TickFacts } from './tick-facts.js';

const judged: ReadonlySet<CampaignState> = new Set([
  'running',
  'held',
  'pausing',
  'paused',
  'completed',
  'completed_with_stragglers',
]);
/** Held finishes the waves that are open; it only opens no more. */
const offering: ReadonlySet<CampaignState> = new Set(['running', 'held']);

/**
 * What to do next about one campaign. Asks its questions in order and returns the first answer, so that everything is
 * decided on counts that are true at that moment: a failure found by a timer is judged before anything is offered.
 * Call it again after applying, until it returns nothing.
 */
export function decideTick(facts: TickFacts, now: Date): TickDecision[] {
  const { state, killed = false } = facts.campaign;
  const go = !killed;
  const judging = judged.has(state) && !returning(facts);
  const stages: (() => TickDecision[])[] = [
    () => settleTimers(facts, now),
    () => (go && offering.has(state) && facts.retryable.length > 0 ? [retry(facts.retryable)] : []),
    () => (judging && facts.campaign.releaseRevoked ? haltRevoked(state) : []),
    () => (judging ? judgeWaves(facts, now) : []),
    () => (go && state === 'preparing' && !facts.deltasWanted ? [{ kind: 'start' }] : []),
    () => (go && state === 'running' ? moveWaves(facts, now) : []),
    () => finishCampaign(facts),
    () => (go && offering.has(state) ? pickOffers(facts, now) : []),
    () => judgeStall(facts, now),
  ];
  for (const stage of stages) {
    const decisions = stage();
    if (decisions.length > 0) return decisions;
  }
  return [];
}

/** Paused while its devices are returned: what its waves have to say has been said. */
const returning = ({ campaign, rollback }: TickFacts): boolean =>
  rollback !== null && (campaign.state === 'pausing' || campaign.state === 'paused');

/** A completed campaign is history; one that still moves must not put a withdrawn release anywhere else. */
const haltRevoked = (state: CampaignState): TickDecision[] =>
  state === 'completed' || state === 'completed_with_stragglers'
    ? []
    : [
        {
          kind: 'halt',
          wave: null,
          decision: {
            kind: 'release_revoked',
            wave: null,
            verdict: 'halt',
            code: 'release_revoked',
            inputs: {},
            limits: {},
          },
        },
        { kind: 'cancel', states: recallableStates, code: 'campaign_halted' },
      ];

const retry = (executionIds: readonly string[]): TickDecision => ({
  kind: 'retry',
  executionIds: [...executionIds].sort(),
});
