import { overlapMs } from '@muster/domain/certificates/authorise-connect';
import { type CertificateRow, certificateStore } from '@muster/persistence/certificates/certificate.store';
import { Database, type Tx } from '@muster/persistence/database';
import { type NewLetter, outbox } from '@muster/persistence/outbox/outbox.store';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { FindingWatch } from '../trust/finding-watch.js';

const BATCH = 500;

/** What time alone does to certificates. */
@Injectable()
export class CertificateSweep {
  constructor(
    private readonly database: Database,
    private readonly findings: FindingWatch,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Superseded ones are revoked after their overlap, others past their end are expired; returns how many. A letter for each
   * ends the session that is still open with it.
   */
  settle(): Promise<number> {
    const now = this.clock.now();
    return this.database.system(async (tx) => {
      const overlapped = await certificateStore.listOverlapped(tx, new Date(now.getTime() - overlapMs), BATCH);
      for (const { id } of overlapped) {
        const change = { state: 'revoked', reasonCode: 'superseded', reasonDetail: null } as const;
        await certificateStore.setState(tx, id, change, now);
      }
      const ended = await certificateStore.listEnded(tx, now, BATCH);
      for (const { id } of ended) {
        const change = { state: 'expired', reasonCode: 'expired', reasonDetail: null } as const;
        await certificateStore.setState(tx, id, change, now);
      }
      if (overlapped.length > 0) await authorityStore.announceTrustChange(tx);
      // What was never used has no session.
      await tell(tx, [...overlapped, ...ended.filter(({ state }) => state !== 'issued')]);
      return overlapped.length + ended.length;
    });
  }

  /** What of all certificates needs somebody, told once. */
  lookAtFindings(): Promise<number> {
    return this.findings.look();
  }

  /** Revocation lists live for a day and server certificates for weeks: whoever signs looks at both every hour. */
  refreshTrust(): Promise<void> {
    return this.database.system((tx) => authorityStore.announceTrustChange(tx));
  }
}

const tell = async (tx: Tx, rows: readonly CertificateRow[]): Promise<void> => {
  const letters = rows.map(
    ({ id, tenantId, deviceId, fingerprint }): NewLetter => ({
      tenantId,
      type: 'certificate.ended',
      key: deviceId,
      payload: { certificateId: id, deviceId, fingerprint },
    }),
  );
  await outbox.dropAll(tx, letters);
};
