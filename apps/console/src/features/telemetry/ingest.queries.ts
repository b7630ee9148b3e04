import { getIngest } from '@muster/contracts/telemetry/ingest.routes';
import { getRetention, listArchives, listPurges, listStoredDays } from '@muster/contracts/telemetry/retention.routes';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from '../../api/call.js';

export const ingestQuery = queryOptions({
  queryKey: ['ingest'],
  queryFn: ({ signal }) => call(getIngest, { signal }),
  refetchInterval: 5_000,
});

export const storedDaysQuery = queryOptions({
  queryKey: ['stored-days'],
  queryFn: ({ signal }) => call(listStoredDays, { signal }),
  refetchInterval: 60_000,
});

export const retentionQuery = queryOptions({
  queryKey: ['retention'],
  queryFn: ({ signal }) => call(getRetention, { signal }),
});

export const archivesQuery = infiniteQueryOptions({
  queryKey: ['archives'],
  queryFn: ({ pageParam, signal }) =>
    call(listArchives, { query: { pageSize: 50, ...(pageParam ? { pageToken: pageParam } : {}) }, signal }),
  initialPageParam: '',
  getNextPageParam: (page) => page.nextPageToken,
  refetchInterval: 10_000,
});

/** Purges run in the background, so whoever asked for one sees its numbers grow. */
export const purgesQuery = infiniteQueryOptions({
  queryKey: ['purges'],
  queryFn: ({ pageParam, signal }) =>
    call(listPurges, { query: { pageSize: 50, ...(pageParam ? { pageToken: pageParam } : {}) }, signal }),
  initialPageParam: '',
  getNextPageParam: (page) => page.nextPageToken,
  refetchInterval: 5_000,
});
