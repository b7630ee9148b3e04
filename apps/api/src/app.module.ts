import type { DynamicModule, Type } from '@nestjs/common';
import { AccessModule } from './access/access.module.js';
import { AuditModule } from './audit/audit.module.js';
import { CampaignsModule } from './campaigns/campaigns.module.js';
import { CertificatesModule } from './certificates/certificates.module.js';
import { CommandsModule } from './commands/commands.module.js';
import { ConfigsModule } from './configs/configs.module.js';
import { DevicesModule } from './devices/devices.module.js';
import { EnrollmentModule } from './enrollment/enrollment.module.js';
import { LiveModule } from './live/live.module.js';
import { NotificationsModule } from './notifications/notifications.module.js';
import { DeviceArtifactsModule } from './releases/device-artifacts.module.js';
import { ReleasesModule } from './releases/releases.module.js';
import { DeviceDoorsModule } from './telemetry/doors/device-doors.module.js';
import { TelemetryModule } from './telemetry/telemetry.module.js';
import { DeviceTrustModule } from './trust/device-trust.module.js';
import { FindingsModule } from './trust/findings.module.js';
import { TrustModule } from './trust/trust.module.js';

/** Every slice of the people's application. */
export const slices: readonly (Type | DynamicModule)[] = [
  AccessModule,
  DevicesModule,
  EnrollmentModule,
  CertificatesModule,
  TrustModule,
  FindingsModule,
  ConfigsModule,
  CommandsModule,
  ReleasesModule,
  CampaignsModule,
  TelemetryModule,
  NotificationsModule,
  AuditModule,
  LiveModule,
];

/** Slices of the device door beside enrolment. */
export const deviceSlices: readonly (Type | DynamicModule)[] = [
  DeviceArtifactsModule,
  DeviceDoorsModule.with(),
  DeviceTrustModule,
];
