import type { Campaign, CampaignState } from '@muster/contracts/campaigns/campaigns.schema';
import { hasEnded, campaign as machine } from '@muster/domain/campaigns/campaign.machine';
import { outcomes } from './campaign-parts.js';

export type CampaignVerb =
  | 'launch'
  | 'approve'
  | 'deny'
  | 'pause'
  | 'resume'
  | 'hold'
  | 'advance'
  | 'override'
  | 'stop'
  | 'rollback';

/** What each action is called on its button; three dots where a dialog asks first. */
export const verbLabels: Record<CampaignVerb, string> = {
  launch: 'Launch…',
  approve: 'Approve…',
  deny: 'Deny…',
  pause: 'Pause',
  resume: 'Resume…',
  hold: 'Hold after this wave',
  advance: 'Skip the soak…',
  override: 'Pass without data…',
  stop: 'Stop…',
  rollback: 'Roll back…',
};

const editable: readonly CampaignState[] = ['draft', 'awaiting_approval', 'denied', 'scheduled'];
export const canEdit = (state: CampaignState): boolean => editable.includes(state);

/** States in which waiting devices can still be taken out of the campaign. */
const moving: readonly CampaignState[] = ['preparing', 'running', 'held', 'halted', 'pausing', 'paused'];
export const canExclude = ({ state, counters, parentId }: Campaign): boolean =>
  moving.includes(state) && parentId === null && counters.waiting + counters.queued > 0;

/** Devices that failed can be tried again as a campaign of their own once this one is over. */
export const canRetry = (campaign: Campaign): boolean =>
  hasEnded(campaign.state) && campaign.parentId === null && outcomes(campaign.counters).bad > 0;

const underWay = ({ waves }: Campaign): boolean => waves.some(({ state }) => state === 'open' || state === 'soaking');

/** A wave that waits for data, with no limit broken: a person may answer for it. */
const waitsForData = ({ gate }: Campaign): boolean =>
  gate.some(({ verdict }) => verdict === 'hold') && gate.every(({ verdict }) => verdict !== 'halt');

const holdable = ({ currentWave: n, plan }: Campaign): boolean =>
  n !== null && n < plan.waves.length && !plan.waves[n - 1]?.holdAfter;

/** Only devices that are on a release, or on their way to it, can be returned, and only once. */
const returnable = ({ kind, parentId, childId, counters }: Campaign): boolean =>
  kind === 'release' && parentId === null && childId === null && counters.succeeded + counters.inFlight > 0;

/**
 * What can be asked for now. Where a campaign's own machine goes back after a pause is no choice of a person, so the
 * verbs that bend the waves are named here beside it; the server has the last word and says why.
 */
export const verbsOf = (campaign: Campaign): CampaignVerb[] => {
  const { state } = campaign;
  const events: readonly string[] = machine.allowed(state);
  const running = state === 'running';
  const possible: Record<CampaignVerb, boolean> = {
    launch: state === 'draft',
    approve: events.includes('approve'),
    deny: events.includes('deny'),
    pause: events.includes('pause'),
    resume: (state === 'held' || events.includes('resume')) && !(state === 'halted' && campaign.childId !== null),
    rollback: events.includes('rollback') && returnable(campaign),
    hold: running && holdable(campaign),
    advance: running && campaign.waves.some((wave) => wave.state === 'soaking'),
    override: running && underWay(campaign) && waitsForData(campaign),
    stop: events.includes('stop'),
  };
  return (Object.keys(possible) as CampaignVerb[]).filter((verb) => possible[verb]);
};
