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
const open: readonly CampaignState[] = ['running', 'held', 'halted', 'pausing', 'paused'];
export const canExclude = ({ state, counters }: Campaign): boolean =>
  open.includes(state) && counters.waiting + counters.queued > 0;

/** Devices that failed can be tried again as a campaign of their own once this one offers nothing more. */
export const canRetry = (campaign: Campaign): boolean =>
  (hasEnded(campaign.state) || campaign.state === 'halted') &&
  campaign.parentId === null &&
  outcomes(campaign.counters).bad > 0;

/** A wave that waits for data, with no limit broken: a person may answer for it. */
const waitsForData = (campaign: Campaign): boolean =>
  open.includes(campaign.state) &&
  campaign.state !== 'halted' &&
  campaign.waves.some(({ state }) => state === 'open' || state === 'soaking') &&
  campaign.gate.some(({ verdict }) => verdict === 'hold') &&
  campaign.gate.every(({ verdict }) => verdict !== 'halt');

/** What the state machine allows now. To skip a soak or to override is no step of the machine: both need a wave that waits. */
export const verbsOf = (campaign: Campaign): CampaignVerb[] => {
  const events: readonly string[] = machine.allowed(campaign.state);
  const verbs: CampaignVerb[] = (
    ['launch', 'approve', 'deny', 'pause', 'resume', 'hold', 'stop', 'rollback'] as const
  ).filter((verb) => events.includes(verb));
  const moving = campaign.state === 'running' || campaign.state === 'held';
  if (moving && campaign.waves.some((wave) => wave.state === 'soaking')) verbs.push('advance');
  if (waitsForData(campaign)) verbs.push('override');
  return verbs;
};
