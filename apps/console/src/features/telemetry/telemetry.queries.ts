import { getLatestValues, getSeries, listDeadLetters } from '@muster/contracts/telemetry/telemetry.routes';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call } from '../../api/call.js';

/** Telemetry sends no letters, so a page that shows it asks every few seconds. */
export const latestQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', deviceId, 'latest'],
    queryFn: ({ signal }) => call(getLatestValues, { params: { deviceId }, signal }),
    refetchInterval: 5_000,
  });

export interface SeriesRange {
  readonly metrics: readonly string[];
  readonly place: string | null;
  readonly from: number;
  readonly to: number;
  /** How many points the chart has room for. */
  readonly width: number;
  readonly downsample: 'buckets' | 'lttb';
}

/** Series with the moment of their answer. What an older window asked for has another key and never lands in a newer one. */
export const seriesQuery = (deviceId: string, range: SeriesRange) =>
  queryOptions({
    queryKey: ['device', deviceId, 'series', range],
    queryFn: async ({ signal }) => {
      const { metrics, place, from, to, width, downsample } = range;
      const { series } = await call(getSeries, {
        params: { deviceId },
        query: {
          metrics: metrics.join(','),
          from: new Date(from).toISOString(),
          to: new Date(to).toISOString(),
          width,
          downsample,
          ...(place === null ? {} : { place }),
        },
        signal,
      });
      return { series, answeredAt: Date.now() };
    },
    enabled: deviceId !== '' && range.metrics.length > 0,
    placeholderData: keepPreviousData,
    gcTime: 30_000,
  });

export interface DeadLetterFilter {
  readonly state?: 'open' | 'replayed' | 'dropped' | undefined;
  readonly reason?: string | undefined;
  readonly deviceId?: string | undefined;
}

export const deadLettersQuery = (filter: DeadLetterFilter) =>
  infiniteQueryOptions({
    queryKey: ['dead-letters', filter],
    queryFn: ({ pageParam, signal }) =>
      call(listDeadLetters, {
        query: { ...filter, pageSize: 50, ...(pageParam ? { pageToken: pageParam } : {}) },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextPageToken,
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
