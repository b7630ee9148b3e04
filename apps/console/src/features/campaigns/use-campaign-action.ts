import {
  advanceCampaign,
  approveCampaign,
  getCampaign,
  holdCampaign,
  launchCampaign,
  pauseCampaign,
  resumeCampaign,
  rollbackCampaign,
  stopCampaign,
} from '@muster/contracts/campaigns/campaigns.routes';
import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/call.js';
import { ProblemError } from '../../api/problem-error.js';
import { words } from '../../ui/format.js';
import { campaignQuery } from './campaigns.queries.js';

const routes = {
  launch: launchCampaign,
  approve: approveCampaign,
  pause: pauseCampaign,
  resume: resumeCampaign,
  hold: holdCampaign,
  advance: advanceCampaign,
  stop: stopCampaign,
  rollback: rollbackCampaign,
} as const;
export type CampaignVerb = keyof typeof routes;

interface Asked {
  readonly verb: CampaignVerb;
  readonly seen: Campaign;
  readonly reason?: string;
}

const moved = (seen: Campaign, now: Campaign): ProblemError =>
  new ProblemError({
    type: 'about:blank',
    title: 'The campaign moved while you decided',
    status: 412,
    code: 'precondition_failed',
    detail: `You saw it ${words(seen.state).toLowerCase()}; it is now ${words(now.state).toLowerCase()}. Nothing was done. Look again and decide on what it is now.`,
    retryable: false,
  });

/**
 * Sends an action decided on the campaign as the person saw it. The version also counts progress that changes no
 * decision, so a stale version is read again and the action repeated while the state is still the one that was seen.
 */
const act = async ({ verb, seen, reason }: Asked): Promise<Campaign> => {
  let known = seen;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call(routes[verb], {
        params: { campaignId: seen.id },
        body: reason ? { reason } : {},
        match: known.version,
      });
    } catch (error) {
      if (!(error instanceof ProblemError) || error.code !== 'precondition_failed' || attempt === 5) throw error;
      known = await call(getCampaign, { params: { campaignId: seen.id } });
      if (known.state !== seen.state) throw moved(seen, known);
    }
  }
};

/** The actions of one campaign as a mutation; the page shows the answer at once, before the letter arrives. */
export const useCampaignAction = (onDone?: (campaign: Campaign) => void) => {
  const cache = useQueryClient();
  return useMutation<Campaign, Error, Asked>({
    mutationFn: act,
    onSuccess: (campaign) => {
      cache.setQueryData(campaignQuery(campaign.id).queryKey, campaign);
      onDone?.(campaign);
    },
    onSettled: (_, __, { seen }) => {
      void cache.invalidateQueries({ queryKey: ['campaign', seen.id] });
      void cache.invalidateQueries({ queryKey: ['campaigns'] });
    },
  });
};
