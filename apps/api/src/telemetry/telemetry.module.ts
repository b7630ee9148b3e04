import { Module } from '@nestjs/common';
import { DeadLettersService } from './dead-letters.service.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsService } from './metrics.service.js';
import { SeriesService } from './series.service.js';
import { TelemetryController } from './telemetry.controller.js';

@Module({
  controllers: [TelemetryController, MetricsController],
  providers: [SeriesService, DeadLettersService, MetricsService],
})
export class TelemetryModule {}
