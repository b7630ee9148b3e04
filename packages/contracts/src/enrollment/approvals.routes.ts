import { z } from 'zod';
import { Id } from '../ids.js';
import { route } from '../route.js';
import { Approval, ApprovalPage, ApprovalQuery } from './approvals.schema.js';

const one = z.object({ approvalId: Id });

export const listApprovals = route({
  method: 'GET',
  path: '/approvals',
  summary: 'Devices that wait for a person, newest first',
  permission: 'enrollment:read',
  query: ApprovalQuery,
  returns: ApprovalPage,
});
export const getApproval = route({
  method: 'GET',
  path: '/approvals/:approvalId',
  summary: 'One device that waits',
  permission: 'enrollment:read',
  params: one,
  returns: Approval,
  refuses: ['not_found'],
});
export const approveEnrollment = route({
  method: 'POST',
  path: '/approvals/:approvalId/approve',
  summary: 'Let the device in; it gets its certificate when it asks again',
  permission: 'enrollment:approve',
  params: one,
  body: z.strictObject({ keySha256: z.string(), reason: z.string().max(500).optional() }),
  returns: Approval,
  refuses: ['not_found', 'transition_refused', 'identity_mismatch'],
});
export const rejectEnrollment = route({
  method: 'POST',
  path: '/approvals/:approvalId/reject',
  summary: 'Turn the device away',
  permission: 'enrollment:approve',
  params: one,
  body: z.strictObject({ reason: z.string().min(1).max(500) }),
  returns: Approval,
  refuses: ['not_found', 'transition_refused'],
});
