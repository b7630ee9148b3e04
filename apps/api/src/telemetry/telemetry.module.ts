import { Module } from '@nestjs/common';
import { AnomaliesController } from './anomalies.controller.js';
import { AnomaliesService } from './anomalies.service.js';
import { DeadLettersService } from './dead-letters.service.js';
import { ExportsController } from './exports.controller.js';
import { ExportsService } from './exports.service.js';
import { FleetValuesService } from './fleet-values.service.js';
import { IngestStatusController } from './ingest-status.controller.js';
import { IngestStatusService } from './ingest-status.service.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsService } from './metrics.service.js';
import { RetentionModule } from './retention.module.js';
import { SeriesService } from './series.service.js';
import { TailController } from './tail.controller.js';
import { TailHub } from './tail.hub.js';
import { TelemetryController } from './telemetry.controller.js';

@Module({
  imports: [RetentionModule],
  controllers: [
    TelemetryController,
    MetricsController,
    ExportsController,
    TailController,
    IngestStatusController,
    AnomaliesController,
  ],
  providers: [
    SeriesService,
    FleetValuesService,
    DeadLettersService,
    MetricsService,
    ExportsService,
    TailHub,
    IngestStatusService,
    AnomaliesService,
  ],
})
export class TelemetryModule {}
