import type { Logger } from '@muster/runtime/logging/logger';
import type { QueueConnection } from '@muster/runtime/queues/queue-connection';
import { QueuesModule } from '@muster/runtime/queues/queues.module';
import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { CampaignsModule } from './campaigns/campaigns.module.js';
import { CertificatesModule } from './certificates/certificates.module.js';
import { CommandsModule } from './commands/commands.module.js';
import { ConfigsModule } from './configs/configs.module.js';
import { DevicesModule } from './devices/devices.module.js';
import { GatewayModule } from './gateway/gateway.module.js';
import { NotificationsModule } from './notifications/notifications.module.js';
import { OutboxModule } from './outbox/outbox.module.js';
import { ProcessModule, type WorkerParts } from './process.module.js';
import { ReleasesModule } from './releases/releases.module.js';
import { SchedulesModule } from './schedules/schedules.module.js';
import { TelemetryModule } from './telemetry/telemetry.module.js';

/** One module a noun. */
export const slices: readonly Type[] = [
  TelemetryModule,
  CertificatesModule,
  DevicesModule,
  ConfigsModule,
  CommandsModule,
  CampaignsModule,
  ReleasesModule,
  NotificationsModule,
];

/** Everything the worker does. */
@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: Nest's form of a configurable module
export class WorkerModule {
  static with(parts: WorkerParts, queues: QueueConnection, logger: Logger): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        ProcessModule.with(parts),
        QueuesModule.forProcess(queues, logger),
        GatewayModule,
        OutboxModule,
        ...slices,
        SchedulesModule,
      ],
    };
  }
}
