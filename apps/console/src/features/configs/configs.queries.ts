import { diffConfig, getConfig, listConfigs } from '@muster/contracts/configs/configs.routes';
import { driftByPath, listDrift } from '@muster/contracts/devices/devices.routes';
import type { DriftClass } from '@muster/contracts/devices/devices.schema';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call } from '../../api/call.js';

export const configsQuery = queryOptions({
  queryKey: ['configs', 'list'],
  queryFn: ({ signal }) => call(listConfigs, { query: { pageSize: 200 }, signal }),
});

export const configQuery = (configId: string) =>
  queryOptions({
    queryKey: ['configs', 'one', configId],
    queryFn: ({ signal }) => call(getConfig, { params: { configId }, signal }),
  });

/** Version 0 is the empty document, so the first version can be compared too. */
export const configDiffQuery = (configId: string, from: number, to: number) =>
  queryOptions({
    queryKey: ['configs', 'diff', configId, from, to],
    queryFn: ({ signal }) => call(diffConfig, { params: { configId }, query: { from, to }, signal }),
    enabled: from !== to,
  });

export const driftByPathQuery = queryOptions({
  queryKey: ['drift', 'by-path'],
  queryFn: ({ signal }) => call(driftByPath, { signal }),
});

export interface DriftFilter {
  readonly class?: DriftClass | undefined;
  readonly path?: string | undefined;
}

export const driftQuery = (filter: DriftFilter) =>
  infiniteQueryOptions({
    queryKey: ['drift', 'fields', filter],
    queryFn: ({ pageParam, signal }) =>
      call(listDrift, { query: { ...filter, pageSize: 100, ...(pageParam ? { pageToken: pageParam } : {}) }, signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextPageToken,
    placeholderData: keepPreviousData,
  });
