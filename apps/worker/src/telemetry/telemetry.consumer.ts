import { messageKinds } from '@muster/contracts/telemetry/telemetry.schema';
import { normaliseTelemetry } from '@muster/telemetry/normalise-telemetry';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { Intake } from '../gateway/intake.js';
import type { UplinkMessage } from '../gateway/uplink.port.js';
import { Catalogue } from './catalogue.js';
import { Ingest } from './ingest.js';

/** Telemetry into the database. */
@Controller()
export class TelemetryConsumer {
  constructor(
    private readonly intake: Intake,
    private readonly catalogue: Catalogue,
    private readonly ingest: Ingest,
  ) {}

  @EventPattern<string>('uplink.telemetry')
  take(@Payload() message: UplinkMessage): Promise<void> {
    return this.intake.take('telemetry', message, async ({ uplink, device, producedAt }) => {
      const { metric, ...normal } = normaliseTelemetry(uplink, producedAt, message.receivedAt);
      const row = {
        ...normal,
        deviceKey: device.deviceKey,
        tenant: device.tenant,
        kind: messageKinds.telemetry,
        receivedAt: message.receivedAt,
        placeId: await this.catalogue.placeId(device, message.place, uplink.asset ?? null),
        metric: await this.catalogue.metricIds(device.tenant, metric),
      };
      return this.ingest.store({ device, row, news: null });
    });
  }
}
