import { IngestModule } from '@muster/ingest/ingest.module';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { CoapDoor } from './coap-door.js';
import { CoapUplinks } from './coap-uplinks.js';
import { DoorAcks, DoorIntake } from './door-intake.js';
import { DOOR_LIMITS, type DoorLimits, doorLimits } from './door-limits.js';
import { StreamDoor } from './stream-door.js';
import { StreamSessions } from './stream-sessions.js';
import { UplinkController } from './uplink.controller.js';

/** The doors for telemetry and heartbeats beside MQTT: HTTP batches, WebSocket, CoAP. */
@Global()
@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: Nest's form of a configurable module
export class DeviceDoorsModule {
  static with(limits: Partial<DoorLimits> = {}): DynamicModule {
    return {
      module: DeviceDoorsModule,
      imports: [IngestModule.acknowledgedBy(DoorAcks)],
      controllers: [UplinkController],
      providers: [
        { provide: DOOR_LIMITS, useValue: { ...doorLimits, ...limits } },
        DoorAcks,
        DoorIntake,
        StreamSessions,
        StreamDoor,
        CoapUplinks,
        CoapDoor,
      ],
      exports: [DoorAcks],
    };
  }
}
