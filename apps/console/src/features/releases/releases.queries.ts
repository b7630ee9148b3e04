import {
  diffSboms,
  findComponentDevices,
  findComponents,
  getRelease,
  listComponents,
  listReleases,
} from '@muster/contracts/releases/releases.routes';
import type { ReleaseQuery } from '@muster/contracts/releases/releases.schema';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import { call } from '../../api/call.js';

export type ReleaseFilter = Partial<z.infer<typeof ReleaseQuery>>;

export const releasesQuery = (filter: ReleaseFilter) =>
  queryOptions({
    queryKey: ['releases', 'list', filter],
    queryFn: ({ signal }) => call(listReleases, { query: filter, signal }),
    placeholderData: keepPreviousData,
  });

export const releaseQuery = (releaseId: string) =>
  queryOptions({
    queryKey: ['releases', 'one', releaseId],
    queryFn: ({ signal }) => call(getRelease, { params: { releaseId }, signal }),
  });

/** Components of one release, a page at a time as the reader scrolls; `name` is a part of theirs. */
export const componentsQuery = (releaseId: string, name: string) =>
  infiniteQueryOptions({
    queryKey: ['releases', 'one', releaseId, 'components', name],
    queryFn: ({ pageParam, signal }) =>
      call(listComponents, {
        params: { releaseId },
        query: { pageSize: 200, name: name || undefined, pageToken: pageParam || undefined },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextPageToken,
    placeholderData: keepPreviousData,
  });

export const sbomDiffQuery = (releaseId: string, from: string) =>
  queryOptions({
    queryKey: ['releases', 'one', releaseId, 'diff', from],
    queryFn: ({ signal }) => call(diffSboms, { params: { releaseId }, query: { from }, signal }),
  });

export interface ComponentSearch {
  readonly name: string;
  readonly version?: string | undefined;
}

export const componentUsesQuery = (search: ComponentSearch) =>
  queryOptions({
    queryKey: ['releases', 'components', search],
    queryFn: ({ signal }) => call(findComponents, { query: { ...search, pageSize: 200 }, signal }),
    retry: false,
  });

export const componentDevicesQuery = (search: ComponentSearch) =>
  infiniteQueryOptions({
    queryKey: ['releases', 'component-devices', search],
    queryFn: ({ pageParam, signal }) =>
      call(findComponentDevices, { query: { ...search, pageSize: 100, pageToken: pageParam || undefined }, signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextPageToken,
    retry: false,
  });
