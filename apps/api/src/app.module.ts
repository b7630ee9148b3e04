import type { DynamicModule, Type } from '@nestjs/common';
import { AccessModule } from './access/access.module.js';
import { AuditModule } from './audit/audit.module.js';
import { CommandsModule } from './commands/commands.module.js';
import { ConfigsModule } from './configs/configs.module.js';
import { DevicesModule } from './devices/devices.module.js';
import { EnrollmentModule } from './enrollment/enrollment.module.js';
import { LiveModule } from './live/live.module.js';
import { NotificationsModule } from './notifications/notifications.module.js';
import { TelemetryModule } from './telemetry/telemetry.module.js';

/** Every slice of the people's application. */
export const slices: readonly (Type | DynamicModule)[] = [
  AccessModule,
  DevicesModule,
  EnrollmentModule,
  ConfigsModule,
  CommandsModule,
  TelemetryModule,
  NotificationsModule,
  AuditModule,
  LiveModule,
];

/** Slices of the device door beside enrolment. */
export const deviceSlices: readonly (Type | DynamicModule)[] = [];
