import { Database } from '@muster/persistence/database';
import { deadLetterStore } from '@muster/persistence/telemetry/dead-letter.store';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { METRICS } from '@muster/runtime/metrics/metrics';
import { Inject, Injectable } from '@nestjs/common';
import { Counter, type Registry } from 'prom-client';
import { MicroBatch } from './micro-batch.js';
import { untilCommitted } from './until-committed.js';
import type { RefusedUplink } from './uplink.port.js';

/** Keeps what cannot be taken, with the reason, so that it can be looked at and replayed. */
@Injectable()
export class DeadLetters {
  readonly #batch: MicroBatch<RefusedUplink>;
  readonly #count: Counter<'reason'>;

  constructor(
    private readonly database: Database,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(METRICS) metrics: Registry,
  ) {
    this.#batch = new MicroBatch({ size: 200, lingerMs: 10, inFlight: 1, flush: (items) => this.#store(items) });
    this.#count = new Counter({
      name: 'muster_dead_letters_total',
      help: 'Uplinks that could not be taken, by reason.',
      labelNames: ['reason'],
      registers: [metrics],
    });
  }

  /** Resolves when the dead letter is committed. */
  async add(refused: RefusedUplink): Promise<void> {
    await this.#batch.add(refused);
    this.#count.inc({ reason: refused.reason });
  }

  #store(items: readonly RefusedUplink[]): Promise<void> {
    return untilCommitted(() => this.database.system((tx) => deadLetterStore.insert(tx, items)), this.logger);
  }
}
