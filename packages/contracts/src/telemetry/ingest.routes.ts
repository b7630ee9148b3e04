import { route } from '../route.js';
import { IngestStatus } from './ingest.schema.js';

export const getIngest = route({
  method: 'GET',
  path: '/ingest',
  summary: 'How the ingest does: rate, lag, backlog, errors, partitions',
  permission: 'telemetry:read',
  returns: IngestStatus,
});
