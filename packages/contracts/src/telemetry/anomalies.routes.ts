import { z } from 'zod';
import { DeviceId } from '../ids.js';
import { PageQuery } from '../page.js';
import { route } from '../route.js';
import { AnomalyPage, anomalyKinds } from './anomalies.schema.js';

export const listAnomalies = route({
  method: 'GET',
  path: '/anomalies',
  summary: 'Series and devices that behave unlike themselves, newest first',
  permission: 'telemetry:read',
  query: PageQuery.extend({
    deviceId: DeviceId.optional(),
    kind: z.enum(anomalyKinds).optional(),
    state: z.enum(['open', 'closed']).optional(),
  }),
  returns: AnomalyPage,
});
