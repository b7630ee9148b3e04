import { z } from 'zod';
import { Id, Name } from '../ids.js';
import { PageQuery } from '../page.js';
import { route } from '../route.js';
import { ClaimBatch, ClaimBatchPage, ClaimSerialPage, CreatedClaimBatch, NewClaimBatch } from './claims.schema.js';

const one = z.object({ batchId: Id });

export const createClaimBatch = route({
  method: 'POST',
  path: '/claim-batches',
  summary: 'Make a claim certificate for a batch of devices; its key is shown once',
  permission: 'enrollment:write',
  body: NewClaimBatch,
  bodyLimit: 4 * 1024 * 1024,
  returns: CreatedClaimBatch,
  status: 201,
  refuses: ['validation_failed', 'csr_malformed', 'csr_key_not_allowed'],
});
export const listClaimBatches = route({
  method: 'GET',
  path: '/claim-batches',
  summary: 'Claim batches, newest first',
  permission: 'enrollment:read',
  query: PageQuery,
  returns: ClaimBatchPage,
});
export const getClaimBatch = route({
  method: 'GET',
  path: '/claim-batches/:batchId',
  summary: 'One claim batch',
  permission: 'enrollment:read',
  params: one,
  returns: ClaimBatch,
  refuses: ['not_found'],
});
export const listClaimSerials = route({
  method: 'GET',
  path: '/claim-batches/:batchId/serials',
  summary: 'Serial numbers the batch lets in',
  permission: 'enrollment:read',
  params: one,
  query: PageQuery,
  returns: ClaimSerialPage,
  refuses: ['not_found'],
});
export const addClaimSerials = route({
  method: 'POST',
  path: '/claim-batches/:batchId/serials',
  summary: 'Add serial numbers to a batch; those it has are left as they are',
  permission: 'enrollment:write',
  params: one,
  body: z.strictObject({ serials: z.array(Name).min(1).max(20_000) }),
  bodyLimit: 4 * 1024 * 1024,
  returns: ClaimBatch,
  refuses: ['not_found', 'conflict'],
});
export const revokeClaimBatch = route({
  method: 'POST',
  path: '/claim-batches/:batchId/revoke',
  summary: 'Revoke a claim certificate; devices that enrolled with it stay',
  permission: 'enrollment:write',
  params: one,
  returns: ClaimBatch,
  refuses: ['not_found'],
});
