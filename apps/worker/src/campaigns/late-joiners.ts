import { lateJoinerStore } from '@muster/persistence/campaigns/late-joiner.store';
import { Database } from '@muster/persistence/database';
import { isTransient } from '@muster/persistence/failures';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { Inject, Injectable } from '@nestjs/common';

/** Looks for devices that came to match campaigns under way. */
@Injectable()
export class LateJoiners {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** A campaign that fails is logged and does not stop the others. */
  async joinAll(): Promise<void> {
    const due = await this.database.system((tx) => lateJoinerStore.due(tx));
    for (const { tenantId, id } of due)
      await this.database
        .tenant(tenantId, (tx) => lateJoinerStore.join(tx, id, this.clock.now()))
        .catch((error: unknown) => {
          const level = isTransient(error) ? 'warn' : 'error';
          this.logger[level](
            { err: error, campaignId: id, tenant: tenantId },
            'late devices could not join a campaign',
          );
        });
  }
}
