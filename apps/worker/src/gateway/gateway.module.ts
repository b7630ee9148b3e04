import { Global, Module } from '@nestjs/common';
import { AckPublisher } from './ack.publisher.js';
import { DeadLetters } from './dead-letters.js';
import { DeviceReasons } from './device-reasons.js';
import { DeviceRegistry } from './device-registry.js';
import { Downlink } from './downlink.publisher.js';
import { Intake } from './intake.js';
import { UplinkHandlers } from './uplink-handlers.js';

const parts = [Downlink, AckPublisher, DeviceRegistry, DeadLetters, DeviceReasons, Intake, UplinkHandlers];

/** What every slice needs to take uplinks and to send downlinks. */
@Global()
@Module({ providers: parts, exports: parts })
export class GatewayModule {}
