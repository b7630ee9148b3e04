import { getApproval, listApprovals } from '@muster/contracts/enrollment/approvals.routes';
import { getEnrollmentSettings, listRegisteredKeys } from '@muster/contracts/enrollment/bulk.routes';
import { getClaimBatch, listClaimBatches, listClaimSerials } from '@muster/contracts/enrollment/claims.routes';
import { getEnrollmentToken, listEnrollmentTokens } from '@muster/contracts/enrollment/enrollment.routes';
import { listManufacturers } from '@muster/contracts/enrollment/manufacturers.routes';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from '../../api/call.js';

const next = { initialPageParam: '', getNextPageParam: (page: { nextPageToken: string | null }) => page.nextPageToken };
const page = (pageToken: string) => ({ pageSize: 100, ...(pageToken ? { pageToken } : {}) });

export const tokensQuery = infiniteQueryOptions({
  queryKey: ['tokens', 'list'],
  queryFn: ({ pageParam, signal }) => call(listEnrollmentTokens, { query: page(pageParam), signal }),
  ...next,
});

/** Letters make this stale at every step; the slow poll covers a page whose stream is just reconnecting. */
export const tokenQuery = (tokenId: string) =>
  queryOptions({
    queryKey: ['tokens', tokenId],
    queryFn: ({ signal }) => call(getEnrollmentToken, { params: { tokenId }, signal }),
    refetchInterval: 3_000,
  });

export const claimsQuery = infiniteQueryOptions({
  queryKey: ['claims', 'list'],
  queryFn: ({ pageParam, signal }) => call(listClaimBatches, { query: page(pageParam), signal }),
  ...next,
});
export const claimQuery = (batchId: string) =>
  queryOptions({
    queryKey: ['claims', batchId, 'one'],
    queryFn: ({ signal }) => call(getClaimBatch, { params: { batchId }, signal }),
  });
export const claimSerialsQuery = (batchId: string) =>
  infiniteQueryOptions({
    queryKey: ['claims', batchId, 'serials'],
    queryFn: ({ pageParam, signal }) => call(listClaimSerials, { params: { batchId }, query: page(pageParam), signal }),
    ...next,
  });

export const manufacturersQuery = infiniteQueryOptions({
  queryKey: ['manufacturers', 'list'],
  queryFn: ({ pageParam, signal }) => call(listManufacturers, { query: page(pageParam), signal }),
  ...next,
});

export const registeredKeysQuery = infiniteQueryOptions({
  queryKey: ['registered-keys'],
  queryFn: ({ pageParam, signal }) => call(listRegisteredKeys, { query: page(pageParam), signal }),
  ...next,
});

export const approvalsQuery = (state: 'pending' | undefined) =>
  infiniteQueryOptions({
    queryKey: ['approvals', state ?? 'all'],
    queryFn: ({ pageParam, signal }) =>
      call(listApprovals, { query: { ...page(pageParam), ...(state ? { state } : {}) }, signal }),
    ...next,
  });
export const approvalQuery = (approvalId: string) =>
  queryOptions({
    queryKey: ['approvals', 'one', approvalId],
    queryFn: ({ signal }) => call(getApproval, { params: { approvalId }, signal }),
  });

export const enrollmentSettingsQuery = queryOptions({
  queryKey: ['enrollment-settings'],
  queryFn: ({ signal }) => call(getEnrollmentSettings, { signal }),
});
