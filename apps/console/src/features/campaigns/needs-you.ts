import type { CampaignSummary } from '@muster/contracts/campaigns/campaigns.schema';

export type Need = 'approval' | 'halted' | 'held' | 'stalled' | 'no_data';

/** Gate codes of a wave that waits for what may never come. */
const dataless = new Set(['no_data', 'no_evidence', 'evidence_unclear']);

type Standing = Pick<CampaignSummary, 'state' | 'stalledSince' | 'waitsFor'>;

/** What a campaign wants of a person; null while it goes its way. */
export const needOf = ({ state, stalledSince, waitsFor }: Standing): Need | null => {
  if (state === 'awaiting_approval') return 'approval';
  if (state === 'halted') return 'halted';
  if (state === 'held') return 'held';
  if (stalledSince) return 'stalled';
  return state === 'running' && waitsFor && dataless.has(waitsFor) ? 'no_data' : null;
};

export const needWords: Record<Need, string> = {
  approval: 'waits for approval',
  halted: 'halted',
  held: 'is held after a wave',
  stalled: 'has stalled',
  no_data: 'holds without data',
};
