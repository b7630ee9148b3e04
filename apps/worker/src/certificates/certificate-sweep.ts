import { overlapMs } from '@muster/domain/certificates/authorise-connect';
import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import { Database } from '@muster/persistence/database';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';

const BATCH = 500;

/** What time alone does to certificates. */
@Injectable()
export class CertificateSweep {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Superseded ones are revoked after their overlap, others past their end are expired; returns how many. Nothing is
   * kicked: the successor's session took the place of the old one, and sessions end with their certificate.
   */
  settle(): Promise<number> {
    const now = this.clock.now();
    return this.database.system(async (tx) => {
      const ended = await certificateStore.listEnded(tx, now, new Date(now.getTime() - overlapMs), BATCH);
      for (const { id, state } of ended) {
        const change =
          state === 'superseded'
            ? { state: 'revoked' as const, reasonCode: 'superseded', reasonDetail: null }
            : { state: 'expired' as const, reasonCode: 'expired', reasonDetail: null };
        await certificateStore.setState(tx, id, change, now);
      }
      if (ended.some(({ state }) => state === 'superseded')) await authorityStore.announceTrustChange(tx);
      return ended.length;
    });
  }

  /** Revocation lists live for a day and server certificates for weeks: whoever signs looks at both every hour. */
  refreshTrust(): Promise<void> {
    return this.database.system((tx) => authorityStore.announceTrustChange(tx));
  }
}
