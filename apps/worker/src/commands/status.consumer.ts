import { Intake } from '@muster/ingest/intake';
import type { UplinkMessage } from '@muster/ingest/uplink';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { CommandReports } from './command-reports.js';

/** What devices report of their commands. */
@Controller()
export class StatusConsumer {
  constructor(
    private readonly intake: Intake,
    private readonly reports: CommandReports,
  ) {}

  @EventPattern<string>('uplink.command')
  take(@Payload() message: UplinkMessage): Promise<unknown> {
    return this.intake.take('command', message, async ({ uplink, device }) => {
      const outcome = await this.reports.apply(device.tenant, device.deviceId, uplink);
      if (!outcome.ok) return outcome;
    });
  }
}
