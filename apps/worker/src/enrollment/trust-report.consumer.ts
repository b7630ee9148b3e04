import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { Intake } from '../gateway/intake.js';
import type { UplinkMessage } from '../gateway/uplink.port.js';

/** A device confirms what it was told to trust. Nothing is kept of it yet: it is told again whenever it connects. */
@Controller()
export class TrustReportConsumer {
  constructor(private readonly intake: Intake) {}

  @EventPattern<string>('uplink.trust')
  take(@Payload() message: UplinkMessage): Promise<void> {
    return this.intake.take('trust', message, async () => {});
  }
}
