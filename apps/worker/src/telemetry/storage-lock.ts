import { Database, type Session } from '@muster/persistence/database';
import { Injectable } from '@nestjs/common';

/**
 * Whoever moves stored telemetry between tiers or removes it holds this, one of all workers: so that nothing is copied
 * while it is being removed. The ingest never takes it.
 */
@Injectable()
export class StorageLock {
  constructor(private readonly database: Database) {}

  /** Runs `work` with the lock, whose session it may use outside transactions; false when somebody else holds it. */
  async hold(work: (session: Session) => Promise<void>): Promise<boolean> {
    return this.database.outside(async (session) => {
      const [row] = await session.query<{ held: boolean }>(
        `select pg_try_advisory_lock(hashtext('muster.storage')) as held`,
      );
      if (!row!.held) return false;
      await work(session);
      return true;
    });
  }
}
