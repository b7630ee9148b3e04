import { listAnomalies } from '@muster/contracts/telemetry/anomalies.routes';
import type { AnomalyKind } from '@muster/contracts/telemetry/anomalies.schema';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call } from '../../api/call.js';

export interface AnomalyFilter {
  readonly deviceId?: string | undefined;
  readonly kind?: AnomalyKind | undefined;
  readonly state?: 'open' | 'closed' | undefined;
  readonly pageSize?: number;
}

export const anomaliesQuery = (filter: AnomalyFilter) =>
  queryOptions({
    queryKey: ['anomalies', 'list', filter],
    queryFn: ({ signal }) => call(listAnomalies, { query: filter, signal }),
    refetchInterval: 30_000,
    retry: false,
  });

export const anomalyPagesQuery = (filter: AnomalyFilter) =>
  infiniteQueryOptions({
    queryKey: ['anomalies', 'pages', filter],
    queryFn: ({ pageParam, signal }) =>
      call(listAnomalies, {
        query: { ...filter, pageSize: 50, ...(pageParam ? { pageToken: pageParam } : {}) },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextPageToken,
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });
