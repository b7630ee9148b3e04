import { Database } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { rolloverStore } from '@muster/persistence/trust/rollover.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { LetterJob } from '../outbox/routing.js';

const BATCH = 500;

/**
 * Asks the devices of a rollover's share to take a certificate of the new generation, some in each transaction with the
 * letters that tell them. Begun again after a crash it goes on where it was.
 */
@Injectable()
export class AskRenewals {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async apply({ payload }: LetterJob): Promise<void> {
    const { rolloverId } = payload as { rolloverId: string };
    while ((await this.#askSome(rolloverId)) === BATCH);
  }

  #askSome(rolloverId: string): Promise<number> {
    return this.database.system(async (tx) => {
      const asked = await rolloverStore.askRenewals(tx, rolloverId, this.clock.now(), BATCH);
      const letters = asked.map(({ tenantId, certificateId, deviceId }) => ({
        tenantId,
        type: 'certificate.renewal_requested',
        key: deviceId,
        payload: { certificateId, deviceId },
      }));
      await outbox.dropAll(tx, letters);
      return asked.length;
    });
  }
}
