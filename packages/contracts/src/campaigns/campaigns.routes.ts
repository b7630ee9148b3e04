import { z } from 'zod';
import { Explanation } from '../devices/devices.schema.js';
import { DeviceId, Id, Name } from '../ids.js';
import { PageQuery, pageOf } from '../page.js';
import type { ProblemCode } from '../problem.js';
import { route } from '../route.js';
import {
  Campaign,
  CampaignPage,
  CampaignPatch,
  CampaignQuery,
  EvidenceBundle,
  NewCampaign,
  StopPreview,
} from './campaigns.schema.js';
import { DecisionRecord } from './decisions.schema.js';
import { Execution, ExecutionQuery, FailureCluster, sliceAttributes } from './executions.schema.js';
import { CampaignPreview, Exclusion } from './plans.schema.js';
import { Rehearsal, RehearsalRequest } from './rehearsals.schema.js';

const one = z.object({ campaignId: Id });
const refused: readonly ProblemCode[] = [
  'not_found',
  'campaign_state_refused',
  'precondition_failed',
  'precondition_required',
];

export const listCampaigns = route({
  method: 'GET',
  path: '/campaigns',
  summary: 'Campaigns, newest first',
  permission: 'campaign:read',
  query: CampaignQuery,
  returns: CampaignPage,
});
export const previewCampaign = route({
  method: 'POST',
  path: '/campaigns/preview',
  summary: 'What a launch would do, without doing it',
  permission: 'campaign:read',
  body: NewCampaign,
  returns: CampaignPreview,
  status: 200,
  refuses: ['validation_failed', 'not_found'],
});
export const createCampaign = route({
  method: 'POST',
  path: '/campaigns',
  summary: 'Draft a campaign',
  permission: 'campaign:write',
  body: NewCampaign,
  returns: Campaign,
  status: 201,
  idempotent: true,
  refuses: [
    'validation_failed',
    'plan_invalid',
    'plan_empty_wave',
    'plan_uncovering',
    'budget_starves_site',
    'release_state_refused',
    'campaign_state_refused',
    'not_found',
  ],
});
export const getCampaign = route({
  method: 'GET',
  path: '/campaigns/:campaignId',
  summary: 'One campaign with waves, gate and counters',
  permission: 'campaign:read',
  params: one,
  returns: Campaign,
  refuses: ['not_found'],
});

export const updateCampaign = route({
  method: 'PATCH',
  path: '/campaigns/:campaignId',
  summary: 'Change a campaign that has not started; an approval is void then',
  permission: 'campaign:write',
  params: one,
  body: CampaignPatch,
  returns: Campaign,
  match: true,
  refuses: [
    ...refused,
    'validation_failed',
    'plan_invalid',
    'plan_empty_wave',
    'plan_uncovering',
    'budget_starves_site',
    'release_state_refused',
  ],
});
export const rehearseCampaign = route({
  method: 'POST',
  path: '/campaigns/rehearsal',
  summary: 'Play a campaign in virtual time',
  permission: 'campaign:read',
  body: RehearsalRequest,
  returns: Rehearsal,
  status: 200,
  refuses: [
    'validation_failed',
    'not_found',
    'plan_invalid',
    'plan_empty_wave',
    'plan_uncovering',
    'no_eligible_targets',
  ],
});
export const retryCampaign = route({
  method: 'POST',
  path: '/campaigns/:campaignId/retry',
  summary: 'Draft a campaign over the devices that failed',
  permission: 'campaign:write',
  params: one,
  body: z.strictObject({ name: Name.optional() }),
  returns: Campaign,
  status: 201,
  idempotent: true,
  refuses: ['not_found', 'campaign_state_refused', 'no_eligible_targets'],
});
export const previewStop = route({
  method: 'GET',
  path: '/campaigns/:campaignId/stop',
  summary: 'What a stop would do to whom',
  permission: 'campaign:read',
  params: one,
  returns: StopPreview,
  refuses: ['not_found'],
});
export const getEvidence = route({
  method: 'GET',
  path: '/campaigns/:campaignId/evidence',
  summary: 'All decision records, to be judged again offline',
  permission: 'campaign:read',
  params: one,
  returns: EvidenceBundle,
  refuses: ['not_found'],
});

const action = (
  verb: string,
  summary: string,
  permission: 'campaign:operate' | 'campaign:approve' = 'campaign:operate',
  extra: readonly ProblemCode[] = [],
) =>
  route({
    method: 'POST',
    path: `/campaigns/:campaignId/${verb}`,
    summary,
    permission,
    params: one,
    body: z.strictObject({ reason: z.string().max(500).optional() }),
    returns: Campaign,
    match: true,
    refuses: [...refused, ...extra],
  });
export const launchCampaign = action('launch', 'Freeze the targets and start', 'campaign:operate', [
  'no_eligible_targets',
  'plan_invalid',
  'plan_empty_wave',
  'plan_uncovering',
  'budget_starves_site',
  'release_state_refused',
  'signer_may_not_deploy',
  'kill_switch_engaged',
]);
export const pauseCampaign = action('pause', 'Offer nothing more; what runs, runs on');
export const resumeCampaign = action('resume', 'Go on after a pause, a hold or a halt', 'campaign:operate', [
  'validation_failed',
  'kill_switch_engaged',
]);
export const holdCampaign = action('hold', 'Finish the open wave and do not open the next');
export const advanceCampaign = action(
  'advance',
  'Skip the rest of the soak; never a failing gate',
  'campaign:operate',
  ['kill_switch_engaged'],
);
export const stopCampaign = action(
  'stop',
  'Offer nothing more, cancel what has not passed the point of no return, end',
);
export const approveCampaign = action('approve', 'Approve; never by who created it', 'campaign:approve', [
  'approval_by_creator',
  'signer_may_not_deploy',
  'kill_switch_engaged',
]);
export const denyCampaign = action(
  'deny',
  'Deny, with a reason; whoever drafted it may change and submit it again',
  'campaign:approve',
  ['validation_failed'],
);
export const overrideCampaign = action(
  'override',
  'Pass a wave whose gate waits for data; needs a reason, and never passes a broken limit',
  'campaign:operate',
  ['validation_failed', 'kill_switch_engaged'],
);
export const excludeSlice = route({
  method: 'POST',
  path: '/campaigns/:campaignId/exclude',
  summary: 'Take the waiting devices of a slice out, and go on if asked to',
  permission: 'campaign:operate',
  params: one,
  body: z.strictObject({
    attribute: z.enum(sliceAttributes),
    value: Name,
    reason: z.string().min(1).max(500),
    resume: z.boolean().default(false),
  }),
  returns: Campaign,
  match: true,
  refuses: [...refused, 'validation_failed', 'kill_switch_engaged'],
});
export const rollbackCampaign = action(
  'rollback',
  'Return updated devices to their own last known good release',
  'campaign:operate',
  ['kill_switch_engaged'],
);

export const explainCampaign = route({
  method: 'GET',
  path: '/campaigns/:campaignId/explanation',
  summary: 'Why it moves, waits or stopped',
  permission: 'campaign:read',
  params: one,
  returns: Explanation,
  refuses: ['not_found'],
});
export const listExecutions = route({
  method: 'GET',
  path: '/campaigns/:campaignId/executions',
  summary: 'Executions of a campaign',
  permission: 'campaign:read',
  params: one,
  query: ExecutionQuery,
  returns: pageOf(Execution),
  refuses: ['not_found'],
});
export const listFailures = route({
  method: 'GET',
  path: '/campaigns/:campaignId/failures',
  summary: 'Failures clustered by code and phase',
  permission: 'campaign:read',
  params: one,
  returns: z.object({ items: z.array(FailureCluster) }),
  refuses: ['not_found'],
});
export const listExclusions = route({
  method: 'GET',
  path: '/campaigns/:campaignId/exclusions',
  summary: 'Devices left out, each with its reason',
  permission: 'campaign:read',
  params: one,
  query: PageQuery,
  returns: pageOf(Exclusion),
  refuses: ['not_found'],
});
export const listDecisions = route({
  method: 'GET',
  path: '/campaigns/:campaignId/decisions',
  summary: 'Decision records, newest first',
  permission: 'campaign:read',
  params: one,
  query: PageQuery,
  returns: pageOf(DecisionRecord),
  refuses: ['not_found'],
});
export const listDeviceExecutions = route({
  method: 'GET',
  path: '/devices/:deviceId/executions',
  summary: 'Updates of a device, newest first',
  permission: 'campaign:read',
  params: z.object({ deviceId: DeviceId }),
  query: PageQuery,
  returns: pageOf(Execution.extend({ campaignName: z.string() })),
  refuses: ['not_found'],
});
