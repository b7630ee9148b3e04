import { IngestModule } from '@muster/ingest/ingest.module';
import { IngestMinutes } from '@muster/ingest/ingest-minutes';
import { SETTINGS, type Settings } from '@muster/runtime/config/settings';
import { type DynamicModule, Global, Inject, Module } from '@nestjs/common';
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
export class DeviceDoorsModule {
  constructor(minutes: IngestMinutes, intake: DoorIntake, @Inject(SETTINGS) settings: Settings) {
    minutes.door('http', () => intake.gauge);
    minutes.door('websocket');
    if (settings.coapPort !== undefined) minutes.door('coap');
  }

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
