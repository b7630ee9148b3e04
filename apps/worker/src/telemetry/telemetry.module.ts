import { Module } from '@nestjs/common';
import { AnomaliesProcessor } from './anomalies.processor.js';
import { AnomalyLook } from './anomaly-look.js';
import { Replay } from './replay.js';
import { StorageModule } from './storage.module.js';
import { TelemetryConsumer } from './telemetry.consumer.js';
import { TelemetryProcessor } from './telemetry.processor.js';
import { TelemetryGauges } from './telemetry-gauges.js';

@Module({
  imports: [StorageModule],
  controllers: [TelemetryConsumer],
  providers: [AnomalyLook, AnomaliesProcessor, Replay, TelemetryProcessor, TelemetryGauges],
})
export class TelemetryModule {}
