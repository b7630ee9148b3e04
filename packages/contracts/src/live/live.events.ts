import { campaignEvents } from '../campaigns/campaigns.events.js';
import { certificateEvents } from '../certificates/certificates.events.js';
import { commandEvents } from '../commands/commands.events.js';
import { configEvents } from '../configs/configs.events.js';
import { deviceEvents } from '../devices/devices.events.js';
import { enrollmentEvents } from '../enrollment/enrollment.events.js';
import { notificationEvents } from '../notifications/notifications.events.js';
import { releaseEvents } from '../releases/releases.events.js';
import { telemetryEvents } from '../telemetry/telemetry.events.js';
import { trustEvents } from '../trust/trust.events.js';

/** Every letter that can leave a transaction: type → payload schema. The SSE stream carries them by position. */
export const letterTypes = {
  ...deviceEvents,
  ...enrollmentEvents,
  ...trustEvents,
  ...certificateEvents,
  ...configEvents,
  ...commandEvents,
  ...releaseEvents,
  ...campaignEvents,
  ...telemetryEvents,
  ...notificationEvents,
} as const;
export type LetterType = keyof typeof letterTypes;
