import { Database } from '@muster/persistence/database';
import { acknowledgementStore } from '@muster/persistence/trust/acknowledgement.store';
import { Injectable } from '@nestjs/common';
import type { LetterJob } from '../outbox/routing.js';
import { TrustCourier } from './trust-courier.js';

const BATCH = 200;

/**
 * A new bundle goes to every device that is connected and has not acknowledged it, some at a time. Begun again after a
 * crash it tells some of them twice, which a device takes as one; who is away is told when it comes.
 */
@Injectable()
export class SpreadBundle {
  constructor(
    private readonly database: Database,
    private readonly courier: TrustCourier,
  ) {}

  async apply({ tenantId, payload }: LetterJob): Promise<void> {
    const { number } = payload as { number: number };
    for (let after: string | null = null; ; ) {
      const behind: string[] = await this.database.tenant(tenantId, (tx) =>
        acknowledgementStore.listBehind(tx, number, after, BATCH),
      );
      for (const deviceId of behind) await this.courier.tell(tenantId, deviceId);
      if (behind.length < BATCH) return;
      after = behind.at(-1)!;
    }
  }
}
