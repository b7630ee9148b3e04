import { listCertificates } from '@muster/contracts/certificates/certificates.routes';
import {
  getTrustOverview,
  listAuthorities,
  listRollovers,
  listSigningKeys,
  listStragglers,
  listTrustChanges,
  listTrustFindings,
} from '@muster/contracts/trust/trust.routes';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call } from '../../api/call.js';
import type { TrustSearch } from '../../app/search.js';

const next = { initialPageParam: '', getNextPageParam: (page: { nextPageToken: string | null }) => page.nextPageToken };
const page = (pageToken: string, pageSize = 50) => ({ pageSize, ...(pageToken ? { pageToken } : {}) });

/** Devices acknowledge without a letter, so open pages ask again now and then. */
const SLOW = 30_000;

export const overviewQuery = queryOptions({
  queryKey: ['trust', 'overview'],
  queryFn: ({ signal }) => call(getTrustOverview, { signal }),
  refetchInterval: SLOW,
});
export const findingsQuery = queryOptions({
  queryKey: ['trust', 'findings'],
  queryFn: ({ signal }) => call(listTrustFindings, { signal }),
  refetchInterval: SLOW,
});
export const authoritiesQuery = queryOptions({
  queryKey: ['trust', 'authorities'],
  queryFn: ({ signal }) => call(listAuthorities, { signal }),
});
export const signingKeysQuery = queryOptions({
  queryKey: ['trust', 'signing-keys'],
  queryFn: ({ signal }) => call(listSigningKeys, { signal }),
});
export const rolloversQuery = infiniteQueryOptions({
  queryKey: ['trust', 'rollovers'],
  queryFn: ({ pageParam, signal }) => call(listRollovers, { query: page(pageParam), signal }),
  refetchInterval: 10_000,
  ...next,
});
export const stragglersQuery = (number: number) =>
  infiniteQueryOptions({
    queryKey: ['trust', 'stragglers', number],
    queryFn: ({ pageParam, signal }) => call(listStragglers, { params: { number }, query: page(pageParam), signal }),
    refetchInterval: SLOW,
    ...next,
  });
export const changesQuery = infiniteQueryOptions({
  queryKey: ['trust', 'changes', 'all'],
  queryFn: ({ pageParam, signal }) => call(listTrustChanges, { query: page(pageParam), signal }),
  ...next,
});
export const proposedQuery = queryOptions({
  queryKey: ['trust', 'changes', 'proposed'],
  queryFn: ({ signal }) => call(listTrustChanges, { query: { state: 'proposed', pageSize: 50 }, signal }),
});

type CertificateFilter = Pick<TrustSearch, 'state' | 'authorityId' | 'renewal' | 'within' | 'sort'>;
const DAY = 86_400_000;

/** `within` is days from now: those that end before. The day is cut off, so that the question stays the same. */
export const fleetCertificatesQuery = ({ within, ...filter }: CertificateFilter) =>
  infiniteQueryOptions({
    queryKey: ['certificates', 'list', { within, ...filter }],
    queryFn: ({ pageParam, signal }) =>
      call(listCertificates, {
        query: {
          ...filter,
          ...page(pageParam, 100),
          ...(within
            ? { expiresBefore: new Date(Math.ceil(Date.now() / DAY) * DAY + Number(within) * DAY).toISOString() }
            : {}),
        },
        signal,
      }),
    placeholderData: keepPreviousData,
    ...next,
  });
