import { IngestModule } from '@muster/ingest/ingest.module';
import { Global, Module } from '@nestjs/common';
import { AckPublisher } from './ack.publisher.js';
import { DeviceReasons } from './device-reasons.js';
import { Downlink } from './downlink.publisher.js';
import { UplinkHandlers } from './uplink-handlers.js';

const parts = [Downlink, AckPublisher, DeviceReasons, UplinkHandlers];

/** What every slice needs to take uplinks and to send downlinks. */
@Global()
@Module({ imports: [IngestModule.acknowledgedBy(AckPublisher)], providers: parts, exports: parts })
export class GatewayModule {}
