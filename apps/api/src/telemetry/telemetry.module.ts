import { Module } from '@nestjs/common';
import { DeadLettersService } from './dead-letters.service.js';
import { ExportsController } from './exports.controller.js';
import { ExportsService } from './exports.service.js';
import { FleetValuesService } from './fleet-values.service.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsService } from './metrics.service.js';
import { SeriesService } from './series.service.js';
import { TailController } from './tail.controller.js';
import { TailHub } from './tail.hub.js';
import { TelemetryController } from './telemetry.controller.js';

@Module({
  controllers: [TelemetryController, MetricsController, ExportsController, TailController],
  providers: [SeriesService, FleetValuesService, DeadLettersService, MetricsService, ExportsService, TailHub],
})
export class TelemetryModule {}
