import { z } from 'zod';
import { Id } from '../ids.js';
import { PageQuery } from '../page.js';
import { route } from '../route.js';
import {
  Authority,
  Bundle,
  BundlePage,
  Rollover,
  RolloverPage,
  SigningKey,
  StragglerPage,
  TrustChange,
  TrustChangeInput,
  TrustChangePage,
  TrustChangeQuery,
  TrustFinding,
  TrustOverview,
} from './trust.schema.js';

const change = z.object({ changeId: Id });
const rollover = z.object({ rolloverId: Id });

export const getTrustOverview = route({
  method: 'GET',
  path: '/trust/overview',
  summary: 'Certificates of the fleet in numbers',
  permission: 'trust:read',
  returns: TrustOverview,
});
export const listTrustFindings = route({
  method: 'GET',
  path: '/trust/findings',
  summary: 'What needs somebody: certificates that end, lists that age, enrolments that fail, cloned identities',
  permission: 'trust:read',
  returns: z.object({ items: z.array(TrustFinding) }),
});
export const listAuthorities = route({
  method: 'GET',
  path: '/trust/authorities',
  summary: 'Certificate authorities and their generations',
  permission: 'trust:read',
  returns: z.object({ items: z.array(Authority) }),
});
export const listSigningKeys = route({
  method: 'GET',
  path: '/trust/signing-keys',
  summary: 'Keys that sign commands, releases and trust bundles',
  permission: 'trust:read',
  returns: z.object({ items: z.array(SigningKey) }),
});
export const listBundles = route({
  method: 'GET',
  path: '/trust/bundles',
  summary: 'Trust bundles, newest first',
  permission: 'trust:read',
  query: PageQuery,
  returns: BundlePage,
});
export const getBundle = route({
  method: 'GET',
  path: '/trust/bundles/:number',
  summary: 'One trust bundle',
  permission: 'trust:read',
  params: z.object({ number: z.coerce.number().int().min(1) }),
  returns: Bundle,
  refuses: ['not_found'],
});
export const listStragglers = route({
  method: 'GET',
  path: '/trust/bundles/:number/stragglers',
  summary: 'Devices seen lately that have not acknowledged the bundle',
  permission: 'trust:read',
  params: z.object({ number: z.coerce.number().int().min(1) }),
  query: PageQuery,
  returns: StragglerPage,
  refuses: ['not_found'],
});
export const listRollovers = route({
  method: 'GET',
  path: '/trust/rollovers',
  summary: 'Rollovers of authorities, newest first',
  permission: 'trust:read',
  query: PageQuery,
  returns: RolloverPage,
});
export const getRollover = route({
  method: 'GET',
  path: '/trust/rollovers/:rolloverId',
  summary: 'One rollover and what it waits for',
  permission: 'trust:read',
  params: rollover,
  returns: Rollover,
  refuses: ['not_found'],
});
export const proposeTrustChange = route({
  method: 'POST',
  path: '/trust/changes',
  summary: 'Ask for a step that takes two people',
  permission: 'trust:write',
  body: z.strictObject({ change: TrustChangeInput, comment: z.string().max(500).optional() }),
  bodyLimit: 1024 * 1024,
  returns: TrustChange,
  status: 201,
  idempotent: true,
  refuses: ['validation_failed', 'not_found', 'transition_refused', 'gate_closed', 'already_exists', 'proof_invalid'],
});
export const listTrustChanges = route({
  method: 'GET',
  path: '/trust/changes',
  summary: 'Steps asked for, newest first',
  permission: 'trust:read',
  query: TrustChangeQuery,
  returns: TrustChangePage,
});
export const getTrustChange = route({
  method: 'GET',
  path: '/trust/changes/:changeId',
  summary: 'One step asked for',
  permission: 'trust:read',
  params: change,
  returns: TrustChange,
  refuses: ['not_found'],
});
export const approveTrustChange = route({
  method: 'POST',
  path: '/trust/changes/:changeId/approve',
  summary: 'Approve a step somebody else asked for; it is done with the answer',
  permission: 'trust:approve',
  params: change,
  returns: TrustChange,
  refuses: ['not_found', 'approval_by_creator', 'transition_refused', 'gate_closed'],
});
export const denyTrustChange = route({
  method: 'POST',
  path: '/trust/changes/:changeId/deny',
  summary: 'Deny a step, or take back your own request',
  permission: 'trust:approve',
  params: change,
  body: z.strictObject({ reason: z.string().min(1).max(500) }),
  returns: TrustChange,
  refuses: ['not_found', 'transition_refused'],
});
