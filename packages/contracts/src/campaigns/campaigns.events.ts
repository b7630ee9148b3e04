import { z } from 'zod';
import { Id } from '../ids.js';
import { campaignStates } from './campaigns.schema.js';
import { executionStates } from './executions.schema.js';

const onCampaign = z.object({ campaignId: Id });
export const campaignEvents = {
  'campaign.created': onCampaign,
  'campaign.changed': onCampaign.extend({ state: z.enum(campaignStates) }),
  'campaign.progressed': onCampaign,
  /** `failed`: what did not come about beside the rollout itself, its start or the return of its devices. */
  'campaign.halted': onCampaign.extend({ sentence: z.string(), failed: z.enum(['start', 'rollback']).optional() }),
  'campaign.completed': onCampaign.extend({ sentence: z.string() }),
  'campaign.rollback_finished': onCampaign.extend({ sentence: z.string() }),
  'campaign.stalled': onCampaign.extend({ sentence: z.string() }),
  'campaign.awaiting_approval': onCampaign.extend({ sentence: z.string() }),
  'kill_switch.changed': z.object({ engaged: z.boolean(), by: z.string(), reason: z.string() }),
  'freeze.changed': z.object({ freezeId: Id }),
  'execution.offered': z.object({ executionId: Id, campaignId: Id, deviceId: Id }),
  'execution.cancelled': z.object({ executionId: Id, campaignId: Id, deviceId: Id }),
  'execution.changed': z.object({ executionId: Id, campaignId: Id, deviceId: Id, state: z.enum(executionStates) }),
} as const;
