import { getKillSwitch, listFreezes } from '@muster/contracts/campaigns/brakes.routes';
import { queryOptions } from '@tanstack/react-query';
import { call } from '../../api/call.js';

/** Whether everything is stopped; asked again now and then in case the stream was away when it changed. */
export const killSwitchQuery = queryOptions({
  queryKey: ['brakes', 'kill-switch'],
  queryFn: ({ signal }) => call(getKillSwitch, { signal }),
  refetchInterval: 60_000,
});

/** Freezes that are on or to come, the next to end first; with the past ones when asked for. */
export const freezesQuery = (past: boolean) =>
  queryOptions({
    queryKey: ['brakes', 'freezes', past],
    queryFn: ({ signal }) =>
      call(listFreezes, { query: { pageSize: 200, ...(past ? { past: 'true' as const } : {}) }, signal }),
  });
