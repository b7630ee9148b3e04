import { Module } from '@nestjs/common';
import { Replay } from './replay.js';
import { TelemetryConsumer } from './telemetry.consumer.js';
import { TelemetryProcessor } from './telemetry.processor.js';

@Module({
  controllers: [TelemetryConsumer],
  providers: [Replay, TelemetryProcessor],
})
export class TelemetryModule {}
