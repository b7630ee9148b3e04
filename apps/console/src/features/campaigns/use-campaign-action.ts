import {
  advanceCampaign,
  approveCampaign,
  denyCampaign,
  excludeSlice,
  getCampaign,
  holdCampaign,
  launchCampaign,
  overrideCampaign,
  pauseCampaign,
  resumeCampaign,
  rollbackCampaign,
  stopCampaign,
} from '@muster/contracts/campaigns/campaigns.routes';
import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import type { SliceAttribute } from '@muster/contracts/campaigns/executions.schema';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/call.js';
import { ProblemError } from '../../api/problem-error.js';
import type { CampaignVerb } from './campaign-verbs.js';
import { campaignQuery } from './campaigns.queries.js';

const routes = {
  launch: launchCampaign,
  approve: approveCampaign,
  deny: denyCampaign,
  pause: pauseCampaign,
  resume: resumeCampaign,
  hold: holdCampaign,
  advance: advanceCampaign,
  override: overrideCampaign,
  stop: stopCampaign,
  rollback: rollbackCampaign,
} as const;

export interface Slice {
  readonly attribute: SliceAttribute;
  readonly value: string;
  readonly reason: string;
  readonly resume: boolean;
}

/** What a person asked for, and the campaign as they saw it when they did. */
export interface Asked {
  readonly verb: CampaignVerb | 'exclude';
  readonly seen: Campaign;
  readonly reason?: string;
  readonly slice?: Slice;
}

/** The campaign is no longer the one the decision was made on. Nothing was done; both sides are shown. */
export class CampaignMoved extends ProblemError {
  constructor(
    readonly asked: Asked,
    readonly now: Campaign,
  ) {
    super({
      type: 'about:blank',
      title: 'The campaign moved while you decided',
      status: 412,
      code: 'precondition_failed',
      detail: 'Nothing was done.',
      retryable: false,
    });
  }
}

const send = ({ verb, seen, reason, slice }: Asked, match: number): Promise<Campaign> =>
  verb === 'exclude'
    ? call(excludeSlice, { params: { campaignId: seen.id }, body: slice!, match })
    : call(routes[verb], { params: { campaignId: seen.id }, body: reason ? { reason } : {}, match });

/** To stop something is right whichever wave is open; everything else was decided on the wave that was seen. */
const sameGround = ({ verb, seen }: Asked, now: Campaign): boolean =>
  now.state === seen.state && (verb === 'pause' || verb === 'stop' || now.currentWave === seen.currentWave);

/**
 * Sends an action decided on the campaign as the person saw it. The version also counts progress that changes no
 * decision, so a stale version is read again and the action repeated while it stands where it was seen to stand.
 */
const act = async (asked: Asked): Promise<Campaign> => {
  let known = asked.seen;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send(asked, known.version);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.code !== 'precondition_failed' || attempt === 5) throw error;
      known = await call(getCampaign, { params: { campaignId: asked.seen.id } });
      if (!sameGround(asked, known)) throw new CampaignMoved(asked, known);
    }
  }
};

/** The actions of one campaign as a mutation; the page shows the answer at once, before the letter arrives. */
export const useCampaignAction = (onSettled?: (error: Error | null) => void) => {
  const cache = useQueryClient();
  return useMutation<Campaign, Error, Asked>({
    mutationFn: act,
    onSuccess: (campaign) => cache.setQueryData(campaignQuery(campaign.id).queryKey, campaign),
    onSettled: (_, error, { seen }) => {
      void cache.invalidateQueries({ queryKey: ['campaign', seen.id] });
      void cache.invalidateQueries({ queryKey: ['campaigns'] });
      onSettled?.(error);
    },
  });
};
export type CampaignAction = ReturnType<typeof useCampaignAction>;
