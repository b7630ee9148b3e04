import { listAudit, verifyAudit } from '@muster/contracts/audit/audit.routes';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call } from '../../api/call.js';

export interface AuditFilter {
  readonly action?: string | undefined;
  readonly resource?: string | undefined;
}

export const auditPagesQuery = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', 'pages', filter],
    queryFn: ({ pageParam, signal }) =>
      call(listAudit, { query: { ...filter, pageSize: 100, ...(pageParam ? { pageToken: pageParam } : {}) }, signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextPageToken,
    placeholderData: keepPreviousData,
  });

export const latestAuditQuery = queryOptions({
  queryKey: ['audit', 'latest'],
  queryFn: ({ signal }) => call(listAudit, { query: { pageSize: 10 }, signal }),
  refetchInterval: 30_000,
});

export const verificationQuery = queryOptions({
  queryKey: ['audit', 'verification'],
  queryFn: ({ signal }) => call(verifyAudit, { signal }),
  enabled: false,
});
