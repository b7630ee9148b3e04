import { listSites } from '@muster/contracts/devices/devices.routes';
import { queryOptions } from '@tanstack/react-query';
import { call } from '../../api/call.js';

export const sitesQuery = queryOptions({
  queryKey: ['sites'],
  queryFn: ({ signal }) => call(listSites, { signal }),
});
