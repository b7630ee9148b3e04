import { z } from 'zod';
import { route } from '../route.js';
import { Metric, MetricFacts, MetricKey, PayloadSchema } from './metrics.schema.js';

const metric = z.object({ metricKey: MetricKey });

export const listMetrics = route({
  method: 'GET',
  path: '/metrics',
  summary: 'The catalogue: every metric devices have sent or somebody has described',
  permission: 'telemetry:read',
  returns: z.object({ items: z.array(Metric) }),
});
export const getMetric = route({
  method: 'GET',
  path: '/metrics/:metricKey',
  summary: 'One metric of the catalogue',
  permission: 'telemetry:read',
  params: metric,
  returns: Metric,
  refuses: ['not_found'],
});
export const describeMetric = route({
  method: 'PUT',
  path: '/metrics/:metricKey',
  summary: 'Say what a metric is; one nobody has sent yet enters the catalogue. Holds for readings from now on',
  permission: 'telemetry:write',
  params: metric,
  body: MetricFacts.partial(),
  returns: Metric,
  refuses: ['validation_failed', 'conflict'],
});
export const listPayloadSchemas = route({
  method: 'GET',
  path: '/payload-schemas',
  summary: 'Every version of every uplink this control plane takes, and what its migration changes',
  permission: 'telemetry:read',
  returns: z.object({ items: z.array(PayloadSchema) }),
});
