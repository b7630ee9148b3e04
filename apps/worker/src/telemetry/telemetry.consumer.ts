import { HeartbeatIntake } from '@muster/ingest/heartbeat-intake';
import { TelemetryIntake } from '@muster/ingest/telemetry-intake';
import type { UplinkMessage } from '@muster/ingest/uplink';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';

/** What devices measure and how they are, from the broker into the ingest. */
@Controller()
export class TelemetryConsumer {
  constructor(
    private readonly telemetry: TelemetryIntake,
    private readonly heartbeats: HeartbeatIntake,
  ) {}

  @EventPattern<string>('uplink.telemetry')
  takeTelemetry(@Payload() message: UplinkMessage): Promise<unknown> {
    return this.telemetry.take(message);
  }

  @EventPattern<string>('uplink.heartbeat')
  takeHeartbeat(@Payload() message: UplinkMessage): Promise<unknown> {
    return this.heartbeats.take(message);
  }
}
