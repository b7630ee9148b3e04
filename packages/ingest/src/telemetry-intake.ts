import { messageKinds } from '@muster/contracts/telemetry/telemetry.schema';
import { normaliseTelemetry } from '@muster/telemetry/normalise-telemetry';
import { Injectable } from '@nestjs/common';
import { Catalogue } from './catalogue.js';
import { Ingest } from './ingest.js';
import { Intake, type UplinkRefusal } from './intake.js';
import type { UplinkMessage } from './uplink.js';

/** Telemetry into the database, from whichever door it came. */
@Injectable()
export class TelemetryIntake {
  constructor(
    private readonly intake: Intake,
    private readonly catalogue: Catalogue,
    private readonly ingest: Ingest,
  ) {}

  /** Resolves when the message is committed: null when it is stored or was before, else why it is a dead letter. */
  take(message: UplinkMessage): Promise<UplinkRefusal | null> {
    return this.intake.take('telemetry', message, async ({ uplink, device, producedAt }) => {
      const { metric, ...normal } = normaliseTelemetry(uplink, producedAt, message.receivedAt);
      const row = {
        ...normal,
        quality: null,
        deviceKey: device.deviceKey,
        tenant: device.tenant,
        kind: messageKinds.telemetry,
        receivedAt: message.receivedAt,
        placeId: await this.catalogue.placeId(device, message.place, uplink.asset ?? null),
        metric: await this.catalogue.metricIds(device.tenant, metric),
      };
      return this.ingest.store({ device, row, news: null, bytes: message.payload.length });
    });
  }
}
