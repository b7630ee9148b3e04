import { createHash } from 'node:crypto';
import type { ExecutionOrder } from '@muster/contracts/mqtt/downlink';
import { nextWindow, windowAt } from '@muster/domain/campaigns/maintenance-windows';
import { type OfferRow, offerStore } from '@muster/persistence/campaigns/offer.store';
import { Database } from '@muster/persistence/database';
import { deltaStore, type OfferedDelta } from '@muster/persistence/releases/delta.store';
import { brakeStore } from '@muster/persistence/tenants/brake.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { CommandSigner } from '../commands/command-signer.js';
import { Downlink } from '../gateway/downlink.publisher.js';

/** An offer without a deadline, which none should be, is over this soon. */
const OFFER_MS = 3_600_000;

/** A release campaign's offer: the manifest, a freshly signed statement that it may be taken now, and the terms. */
@Injectable()
export class ReleaseRollout {
  constructor(
    private readonly database: Database,
    private readonly downlink: Downlink,
    private readonly signer: CommandSigner,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Tells the device, as often as it may have missed it; every telling is signed anew. */
  async send(tenantId: string, offer: OfferRow): Promise<void> {
    const { deviceId, releaseId, manifestJws } = offer;
    if (releaseId === null || manifestJws === null) return;
    const now = this.clock.now();
    const delta = await this.database.tenant(tenantId, (tx) => deltaStore.deltaFor(tx, deviceId, releaseId));
    const signed = await this.signer.signOffer(tenantId, {
      deviceId,
      executionId: offer.executionId,
      releaseId,
      manifestSha256: createHash('sha256').update(manifestJws).digest('hex'),
      rollback: offer.isRollback,
      downgrade: offer.isRollback || (offer.plan.allowDowngrade ?? false),
      expiresAt: offer.deadlineAt ?? new Date(now.getTime() + OFFER_MS),
    });
    const order: ExecutionOrder = {
      schemaVersion: 1,
      action: 'offer',
      executionId: offer.executionId,
      campaignId: offer.campaignId,
      attempt: offer.attempt,
      kind: offer.kind,
      rollback: offer.isRollback,
      manifest: manifestJws,
      offer: signed,
      artifactPath: `/device/v1/artifacts/${offer.artifactSha256}`,
      soakS: offer.plan.deviceSoakS,
      ...(offer.deadlineAt !== null && { deadline: offer.deadlineAt.toISOString() }),
      ...deltaOf(delta),
      ...termsOf(offer, now),
    };
    await this.#publish(tenantId, offer, order);
  }

  /**
   * Signing takes its time; a pause, a stop or the kill switch may have come meanwhile. The order goes out while the kill
   * switch cannot be engaged, so that nothing does after that is answered; the broker is waited for without.
   */
  async #publish(tenantId: string, { executionId, deviceId }: OfferRow, order: ExecutionOrder): Promise<void> {
    const sent = await this.database.tenant(tenantId, async (tx) => {
      const wanted = !(await brakeStore.engaged(tx)) && (await offerStore.open(tx, { executionId })).length > 0;
      return wanted ? this.downlink.handOver(tenantId, deviceId, 'execution', order) : null;
    });
    await sent?.();
  }
}

const deltaOf = (delta: OfferedDelta | null): Pick<ExecutionOrder, 'delta'> =>
  delta === null ? {} : { delta: { format: 'zstd-patch', ...delta } };

type Terms = Pick<ExecutionOrder, 'preconditions' | 'jitterS' | 'window'>;

/**
 * What the plan asks of the device. Told after its window has closed, a device is told the next one, and defers. A
 * return waits for no window.
 */
function termsOf({ plan, timezone, isRollback }: OfferRow, now: Date): Terms {
  const { preconditions, jitterS, windows = [] } = plan;
  const window = isRollback ? null : (windowAt(windows, timezone, now) ?? nextWindow(windows, timezone, now));
  return {
    ...(preconditions !== undefined && { preconditions }),
    ...(jitterS !== undefined && { jitterS }),
    ...(window !== null && {
      window: { opensAt: window.opensAt.toISOString(), closesAt: window.closesAt.toISOString() },
    }),
  };
}
