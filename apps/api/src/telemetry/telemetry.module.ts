import { Module } from '@nestjs/common';
import { DeadLettersService } from './dead-letters.service.js';
import { SeriesService } from './series.service.js';
import { TelemetryController } from './telemetry.controller.js';

@Module({ controllers: [TelemetryController], providers: [SeriesService, DeadLettersService] })
export class TelemetryModule {}
