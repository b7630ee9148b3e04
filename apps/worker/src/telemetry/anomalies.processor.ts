import { Database } from '@muster/persistence/database';
import { isTransient } from '@muster/persistence/failures';
import { anomalyStore } from '@muster/persistence/telemetry/anomaly.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject } from '@nestjs/common';
import type { Job } from 'bullmq';
import { settleFloods } from './anomaly-floods.js';
import { AnomalyLook } from './anomaly-look.js';

/** A run ends after this long; the next one goes on where it stopped. */
const RUN_MS = 50_000;
const KEPT_MS = 365 * 86_400_000;

/** Everything that looks for what is unlike itself. Its own queue, so that no rollup waits behind it. */
@Processor('anomalies')
export class AnomaliesProcessor extends WorkerHost {
  constructor(
    private readonly look: AnomalyLook,
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super();
  }

  async process(job: Job): Promise<number> {
    switch (job.name) {
      case 'look':
        return this.#look();
      case 'floods':
        return this.database.system((tx) => settleFloods(tx, this.clock.now()));
      case 'forget':
        return this.database.system((tx) => anomalyStore.prune(tx, new Date(this.clock.now().getTime() - KEPT_MS)));
      default:
        throw new Error(`anomalies has no job ${job.name}`);
    }
  }

  async #look(): Promise<number> {
    const began = this.clock.now().getTime();
    for (let total = 0; ; ) {
      const done = await this.#lookAtSome();
      total += done;
      if (done === 0 || this.clock.now().getTime() - began > RUN_MS) return total;
    }
  }

  /** One device that cannot be judged must not keep the others waiting for ever. */
  async #lookAtSome(): Promise<number> {
    try {
      return await this.look.lookAtSome();
    } catch (error) {
      if (isTransient(error)) throw error;
    }
    try {
      return await this.look.lookAtSome(1);
    } catch (error) {
      if (isTransient(error)) throw error;
      const deviceKey = await this.look.giveUpFirst();
      this.logger.error({ err: error, deviceKey }, 'a device could not be looked at; its baselines are learned anew');
      return 1;
    }
  }
}
