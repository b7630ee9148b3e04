import { Database } from '@muster/persistence/database';
import { deadLetterStore, type NewDeadLetter } from '@muster/persistence/telemetry/dead-letter.store';
import { untilCommitted } from '@muster/persistence/until-committed';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { METRICS } from '@muster/runtime/metrics/metrics';
import { Inject, Injectable } from '@nestjs/common';
import { Counter, type Registry } from 'prom-client';
import { DeviceRegistry } from './device-registry.js';
import { IngestMinutes } from './ingest-minutes.js';
import { MicroBatch } from './micro-batch.js';
import type { RefusedUplink } from './uplink.js';

/** Keeps what cannot be taken, with the reason, so that it can be looked at and replayed. */
@Injectable()
export class DeadLetters {
  readonly #batch: MicroBatch<NewDeadLetter>;
  readonly #count: Counter<'code'>;
  readonly #leftOut: Counter;

  constructor(
    private readonly database: Database,
    private readonly registry: DeviceRegistry,
    private readonly minutes: IngestMinutes,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(METRICS) metrics: Registry,
  ) {
    this.#batch = new MicroBatch({ size: 200, lingerMs: 5, inFlight: 2, flush: (items) => this.#store(items) });
    this.#count = new Counter({
      name: 'muster_dead_letters_total',
      help: 'Uplinks that could not be taken, by problem code.',
      labelNames: ['code'],
      registers: [metrics],
    });
    this.#leftOut = new Counter({
      name: 'muster_dead_letters_left_out_total',
      help: 'Dead letters that are counted and not kept, since their device has too many.',
      registers: [metrics],
    });
  }

  /**
   * Resolves when the dead letter is committed. It belongs to the tenant that has the device: the one a topic names is only
   * claimed, and would let a device write into the dead letters of others.
   */
  async add(refused: RefusedUplink): Promise<void> {
    const { deviceId } = refused;
    const device = deviceId === null ? null : await untilCommitted(() => this.registry.find(deviceId), this.logger);
    await this.#batch.add({ ...refused, tenant: device?.tenant ?? null });
    this.#count.inc({ code: refused.reason });
    if (device) this.minutes.deadLettered(device.tenant);
  }

  async #store(items: readonly NewDeadLetter[]): Promise<void> {
    const leftOut = await untilCommitted(async () => {
      if (await deadLetterStore.insertAll(this.database.statements, items)) return 0;
      return this.database.system((tx) => deadLetterStore.insert(tx, items));
    }, this.logger);
    this.#leftOut.inc(leftOut);
  }
}
