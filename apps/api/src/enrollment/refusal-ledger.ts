import type { EnrollRequest } from '@muster/contracts/enrollment/enrollment.schema';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { Refusal } from '../http/refusal.js';
import { TokenBucket } from '../http/token-bucket.js';

/** Remembers refused enrolments whose token was right, so that the person watching the token sees why. */
@Injectable()
export class RefusalLedger {
  /** A device in a retry loop must not fill the audit: five at once, then one a minute for each token. */
  readonly #pace: TokenBucket;

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#pace = new TokenBucket(clock, { capacity: 5, perMinute: 1 });
  }

  async record(token: { tenantId: string; id: string }, claim: EnrollRequest, refusal: Refusal): Promise<void> {
    if (!this.#pace.take(token.id)) return;
    const { tenantId, id } = token;
    await this.database.tenant(tenantId, async (tx) => {
      await audit.append(tx, {
        actor: { type: 'device', id: 'unenrolled' },
        action: 'enrollment.refused',
        resource: `enrollment_token:${id}`,
        after: { code: refusal.code, model: claim.model, serial: claim.serial },
        reason: refusal.detail ?? refusal.message,
      });
      const payload = { tokenId: id, code: refusal.code };
      await outbox.drop(tx, { tenantId, type: 'enrollment.refused', key: id, payload });
    });
  }
}
