import {
  explainCampaign,
  getCampaign,
  listCampaigns,
  listDecisions,
  listExclusions,
  listExecutions,
  listFailures,
  previewCampaign,
  previewStop,
} from '@muster/contracts/campaigns/campaigns.routes';
import type { CampaignQuery, NewCampaign } from '@muster/contracts/campaigns/campaigns.schema';
import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import { call } from '../../api/call.js';

export type CampaignFilter = Partial<z.infer<typeof CampaignQuery>>;

export const campaignsQuery = (filter: CampaignFilter) =>
  queryOptions({
    queryKey: ['campaigns', 'list', filter],
    queryFn: ({ signal }) => call(listCampaigns, { query: filter, signal }),
    placeholderData: keepPreviousData,
  });

export const campaignQuery = (campaignId: string) =>
  queryOptions({
    queryKey: ['campaign', campaignId, 'one'],
    queryFn: ({ signal }) => call(getCampaign, { params: { campaignId }, signal }),
  });

export const campaignExplanationQuery = (campaignId: string) =>
  queryOptions({
    queryKey: ['campaign', campaignId, 'explanation'],
    queryFn: ({ signal }) => call(explainCampaign, { params: { campaignId }, signal }),
  });

export interface ExecutionFilter {
  readonly state?: ExecutionState | undefined;
  readonly wave?: number | undefined;
}

export const executionsQuery = (campaignId: string, filter: ExecutionFilter) =>
  infiniteQueryOptions({
    queryKey: ['campaign', campaignId, 'executions', filter],
    queryFn: ({ pageParam, signal }) =>
      call(listExecutions, {
        params: { campaignId },
        query: { ...filter, pageSize: 100, ...(pageParam ? { pageToken: pageParam } : {}) },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextPageToken,
    placeholderData: keepPreviousData,
  });

export const failuresQuery = (campaignId: string) =>
  queryOptions({
    queryKey: ['campaign', campaignId, 'failures'],
    queryFn: ({ signal }) => call(listFailures, { params: { campaignId }, signal }),
  });

export const exclusionsQuery = (campaignId: string) =>
  queryOptions({
    queryKey: ['campaign', campaignId, 'exclusions'],
    queryFn: ({ signal }) => call(listExclusions, { params: { campaignId }, query: { pageSize: 1000 }, signal }),
  });

export const decisionsQuery = (campaignId: string) =>
  infiniteQueryOptions({
    queryKey: ['campaign', campaignId, 'decisions'],
    queryFn: ({ pageParam, signal }) =>
      call(listDecisions, {
        params: { campaignId },
        query: { pageSize: 100, ...(pageParam ? { pageToken: pageParam } : {}) },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextPageToken,
  });

/** What a plan would do if it were launched now; asked again whenever the plan changes. */
export const previewQuery = (plan: z.input<typeof NewCampaign> | null) =>
  queryOptions({
    queryKey: ['campaign-preview', plan],
    queryFn: ({ signal }) => call(previewCampaign, { body: plan!, signal }),
    enabled: plan !== null,
    placeholderData: keepPreviousData,
    retry: false,
  });

/** What a stop would do to whom, while somebody looks at it. */
export const stopPreviewQuery = (campaignId: string) =>
  queryOptions({
    queryKey: ['campaign', campaignId, 'stop'],
    queryFn: ({ signal }) => call(previewStop, { params: { campaignId }, signal }),
    refetchInterval: 2_000,
    retry: false,
  });
