import { Module } from '@nestjs/common';
import { Replay } from './replay.js';
import { StorageModule } from './storage.module.js';
import { TelemetryConsumer } from './telemetry.consumer.js';
import { TelemetryProcessor } from './telemetry.processor.js';

@Module({
  imports: [StorageModule],
  controllers: [TelemetryConsumer],
  providers: [Replay, TelemetryProcessor],
})
export class TelemetryModule {}
