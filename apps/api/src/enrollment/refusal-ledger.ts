import type { EnrollRequest } from '@muster/contracts/enrollment/enrollment.schema';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { Refusal } from '../http/refusal.js';
import { TokenBucket } from '../http/token-bucket.js';
import type { Way } from './ways/way.js';

/** Remembers refused enrolments whose credential was right, so that the person watching it sees why. */
@Injectable()
export class RefusalLedger {
  /** A device in a retry loop must not fill the audit: five at once, then one a minute for each credential. */
  readonly #pace: TokenBucket;

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#pace = new TokenBucket(clock, { capacity: 5, perMinute: 1 });
  }

  async record({ tenantId, tokenId, resource }: Way, claim: EnrollRequest, refusal: Refusal): Promise<void> {
    if (!this.#pace.take(resource)) return;
    await this.database.tenant(tenantId, async (tx) => {
      await audit.append(tx, {
        actor: { type: 'device', id: 'unenrolled' },
        action: 'enrollment.refused',
        resource,
        after: { code: refusal.code, model: claim.model, serial: claim.serial },
        reason: refusal.detail ?? refusal.message,
      });
      if (tokenId === null) return;
      const payload = { tokenId, code: refusal.code };
      await outbox.drop(tx, { tenantId, type: 'enrollment.refused', key: tokenId, payload });
    });
  }
}
