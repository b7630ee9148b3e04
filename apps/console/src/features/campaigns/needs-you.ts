import type { CampaignSummary } from '@muster/contracts/campaigns/campaigns.schema';

export type Need = 'approval' | 'halted' | 'held' | 'stalled' | 'no_data';

/** Reason codes of a wave that waits for what does not come by itself. */
const dataless = new Set(['no_data', 'waiting_for_control', 'waiting_for_baseline', 'waiting_for_health']);

type Standing = Pick<CampaignSummary, 'state' | 'reasonCode'>;

/** What a campaign wants of a person; null while it goes its way. */
export const needOf = ({ state, reasonCode }: Standing): Need | null => {
  if (state === 'awaiting_approval') return 'approval';
  if (state === 'halted') return 'halted';
  if (state === 'held') return 'held';
  if (reasonCode === 'stalled') return 'stalled';
  return state === 'running' && reasonCode !== null && dataless.has(reasonCode) ? 'no_data' : null;
};

export const needWords: Record<Need, string> = {
  approval: 'waits for approval',
  halted: 'halted',
  held: 'is held after a wave',
  stalled: 'has stalled',
  no_data: 'holds without data',
};
