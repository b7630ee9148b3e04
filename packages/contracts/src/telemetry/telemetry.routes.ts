import { z } from 'zod';
import { DeviceId } from '../ids.js';
import { PageQuery } from '../page.js';
import { route } from '../route.js';
import {
  DeadLetter,
  DeadLetterPage,
  DeadLetterSelection,
  DeadLettersResolved,
  deadLetterStates,
  ExportQuery,
  FleetValuePage,
  FleetValueQuery,
  LatestValue,
  Series,
  SeriesQuery,
} from './telemetry.schema.js';

const device = z.object({ deviceId: DeviceId });
const letter = z.object({ deadLetterId: z.string().max(40) });

export const getSeries = route({
  method: 'GET',
  path: '/devices/:deviceId/telemetry',
  summary: 'Series of a device; the resolution follows from range and width',
  permission: 'telemetry:read',
  params: device,
  query: SeriesQuery,
  returns: z.object({ series: z.array(Series) }),
  refuses: ['not_found', 'validation_failed'],
});
export const getLatestValues = route({
  method: 'GET',
  path: '/devices/:deviceId/telemetry/latest',
  summary: 'Newest value of each metric and place',
  permission: 'telemetry:read',
  params: device,
  returns: z.object({ items: z.array(LatestValue) }),
  refuses: ['not_found'],
});
export const getFleetValues = route({
  method: 'GET',
  path: '/telemetry/latest',
  summary: 'Newest value of one metric on all devices, or those of a site, class or label',
  permission: 'telemetry:read',
  query: FleetValueQuery,
  returns: FleetValuePage,
  refuses: ['not_found', 'validation_failed'],
});
export const tailTelemetry = route({
  method: 'GET',
  path: '/devices/:deviceId/telemetry/tail',
  summary: 'New readings of a device as they are committed (SSE, event `readings`, data TailEvent)',
  permission: 'telemetry:read',
  params: device,
  refuses: ['not_found'],
});
export const exportTelemetry = route({
  method: 'GET',
  path: '/telemetry/export',
  summary: 'Readings with device, site, place and asset as CSV, JSON lines or Parquet, streamed; audited',
  permission: 'telemetry:export',
  query: ExportQuery,
  refuses: ['not_found', 'validation_failed', 'rate_limited'],
});
export const listDeadLetters = route({
  method: 'GET',
  path: '/dead-letters',
  summary: 'Messages that could not be taken, with the reason',
  permission: 'dead_letter:read',
  query: PageQuery.extend({
    state: z.enum(deadLetterStates).optional(),
    reason: z.string().max(64).optional(),
    deviceId: DeviceId.optional(),
  }),
  returns: DeadLetterPage,
});
export const replayDeadLetter = route({
  method: 'POST',
  path: '/dead-letters/:deadLetterId/replay',
  summary: 'Feed a message through the pipeline again, edited if a body is given',
  permission: 'dead_letter:write',
  params: letter,
  body: z.strictObject({ body: z.string().max(200_000).optional() }),
  returns: DeadLetter,
  refuses: ['not_found', 'conflict'],
});
export const dropDeadLetter = route({
  method: 'POST',
  path: '/dead-letters/:deadLetterId/drop',
  summary: 'Give a message up',
  permission: 'dead_letter:write',
  params: letter,
  returns: DeadLetter,
  refuses: ['not_found', 'conflict'],
});
export const replayDeadLetters = route({
  method: 'POST',
  path: '/dead-letters/replay',
  summary: 'Feed all open messages of a reason or a device through the pipeline again, 10,000 at a time',
  permission: 'dead_letter:write',
  body: DeadLetterSelection,
  returns: DeadLettersResolved,
});
export const dropDeadLetters = route({
  method: 'POST',
  path: '/dead-letters/drop',
  summary: 'Give all open messages of a reason or a device up, 10,000 at a time',
  permission: 'dead_letter:write',
  body: DeadLetterSelection,
  returns: DeadLettersResolved,
});
