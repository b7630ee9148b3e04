import { Intake } from '@muster/ingest/intake';
import type { UplinkMessage } from '@muster/ingest/uplink';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { DesiredDelivery } from './desired-delivery.js';
import { TwinReports } from './twin-reports.js';

/** What devices report of themselves. */
@Controller()
export class TwinConsumer {
  constructor(
    private readonly intake: Intake,
    private readonly reports: TwinReports,
    private readonly delivery: DesiredDelivery,
  ) {}

  @EventPattern<string>('uplink.twin')
  take(@Payload() message: UplinkMessage): Promise<unknown> {
    return this.intake.take('twin', message, async ({ uplink, device }) => {
      const outcome = await this.reports.apply(device.tenant, device.deviceId, uplink);
      if (!outcome.ok) return outcome;
      if (outcome.value.needsFull) await this.delivery.deliverFull(device.tenant, device.deviceId);
    });
  }
}
