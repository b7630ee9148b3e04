import { getRelease, listReleases } from '@muster/contracts/releases/releases.routes';
import type { ReleaseQuery } from '@muster/contracts/releases/releases.schema';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
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
