import { Module } from '@nestjs/common';
import { Catalogue } from './catalogue.js';
import { HeartbeatConsumer } from './heartbeat.consumer.js';
import { Ingest } from './ingest.js';
import { LatestValues } from './latest-values.js';
import { Replay } from './replay.js';
import { TelemetryConsumer } from './telemetry.consumer.js';
import { TelemetryProcessor } from './telemetry.processor.js';

@Module({
  controllers: [TelemetryConsumer, HeartbeatConsumer],
  providers: [Catalogue, Ingest, LatestValues, Replay, TelemetryProcessor],
})
export class TelemetryModule {}
