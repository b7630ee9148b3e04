import { messageKinds } from '@muster/contracts/telemetry/telemetry.schema';
import { judgeClock } from '@muster/telemetry/judge-clock';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { Intake } from '../gateway/intake.js';
import type { UplinkMessage } from '../gateway/uplink.port.js';
import { Ingest } from './ingest.js';
import { healthOf } from './sightings.js';

/** Heartbeats are messages of their own kind and news of their device; the Will is only news, and has no number. */
@Controller()
export class HeartbeatConsumer {
  constructor(
    private readonly intake: Intake,
    private readonly ingest: Ingest,
  ) {}

  @EventPattern<string>('uplink.heartbeat')
  take(@Payload() message: UplinkMessage): Promise<void> {
    return this.intake.take('heartbeat', message, ({ uplink, device, producedAt }) => {
      const { receivedAt } = message;
      const news = { uplink, receivedAt };
      if (uplink.reason === 'offline') return this.ingest.store({ device, row: null, news });
      const row = {
        deviceKey: device.deviceKey,
        tenant: device.tenant,
        producedAt,
        seqNo: uplink.seqNo,
        kind: messageKinds.heartbeat,
        placeId: null,
        receivedAt,
        schemaVersion: uplink.schemaVersion,
        ...judgeClock(producedAt, receivedAt),
        dtMs: [],
        metric: [],
        value: [],
        extra: healthOf(uplink),
      };
      return this.ingest.store({ device, row, news });
    });
  }
}
