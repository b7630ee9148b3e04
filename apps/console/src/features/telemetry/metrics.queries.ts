import { listMetrics } from '@muster/contracts/telemetry/metrics.routes';
import { queryOptions } from '@tanstack/react-query';
import { call } from '../../api/call.js';

export const metricsQuery = queryOptions({
  queryKey: ['metrics'],
  queryFn: ({ signal }) => call(listMetrics, { signal }),
});
