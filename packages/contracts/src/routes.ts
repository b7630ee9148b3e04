import * as access from './access/access.routes.js';
import * as audit from './audit/audit.routes.js';
import * as brakes from './campaigns/brakes.routes.js';
import * as campaigns from './campaigns/campaigns.routes.js';
import * as certificates from './certificates/certificates.routes.js';
import * as commands from './commands/commands.routes.js';
import * as configs from './configs/configs.routes.js';
import * as devices from './devices/devices.routes.js';
import * as approvals from './enrollment/approvals.routes.js';
import * as enrollmentBulk from './enrollment/bulk.routes.js';
import * as claims from './enrollment/claims.routes.js';
import * as enrollment from './enrollment/enrollment.routes.js';
import * as manufacturers from './enrollment/manufacturers.routes.js';
import * as live from './live/live.routes.js';
import * as notifications from './notifications/notifications.routes.js';
import * as releases from './releases/releases.routes.js';
import type { Route } from './route.js';
import * as anomalies from './telemetry/anomalies.routes.js';
import * as ingest from './telemetry/ingest.routes.js';
import * as metrics from './telemetry/metrics.routes.js';
import * as retention from './telemetry/retention.routes.js';
import * as telemetry from './telemetry/telemetry.routes.js';
import * as trust from './trust/trust.routes.js';

/** Every route of /api/v1 by noun and name: what OpenAPI, the house test and the docs walk over. */
export const routesByNoun = {
  access,
  devices,
  enrollment: { ...enrollment, ...enrollmentBulk, ...claims, ...manufacturers, ...approvals },
  certificates,
  trust,
  configs,
  commands,
  releases,
  campaigns: { ...campaigns, ...brakes },
  telemetry: { ...telemetry, ...metrics, ...ingest, ...retention, ...anomalies },
  notifications,
  audit: { listAudit: audit.listAudit, verifyAudit: audit.verifyAudit },
  live,
} as const satisfies Record<string, Record<string, Route>>;
