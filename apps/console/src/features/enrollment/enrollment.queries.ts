import { getEnrollmentToken, listEnrollmentTokens } from '@muster/contracts/enrollment/enrollment.routes';
import { queryOptions } from '@tanstack/react-query';
import { call } from '../../api/call.js';

export const tokensQuery = queryOptions({
  queryKey: ['tokens', 'list'],
  queryFn: ({ signal }) => call(listEnrollmentTokens, { query: { pageSize: 100 }, signal }),
});

/** Letters make this stale at every step; the slow poll covers a page whose stream is just reconnecting. */
export const tokenQuery = (tokenId: string) =>
  queryOptions({
    queryKey: ['tokens', tokenId],
    queryFn: ({ signal }) => call(getEnrollmentToken, { params: { tokenId }, signal }),
    refetchInterval: 3_000,
  });
