import { Database, type Tx } from '@muster/persistence/database';
import type { MessageKey } from '@muster/persistence/telemetry/message-row';
import { tailStore } from '@muster/persistence/telemetry/tail.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';

/**
 * Devices whose readings somebody watches at this moment, and word to whoever watches of what was stored of them: keys
 * alone, in the transaction that stores the messages, so the word comes if and only if they are committed, and whatever
 * their time is. While nobody watches it costs one look at an empty map a batch; NOTIFY is paid by batches with watched
 * devices alone.
 */
@Injectable()
export class WatchedDevices implements OnApplicationBootstrap, OnModuleDestroy {
  #until = new Map<number, number>();
  #stop: () => Promise<void> = async () => {};

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** A process that cannot listen yet ingests all the same; who watches looks for himself every few seconds. */
  async onApplicationBootstrap(): Promise<void> {
    try {
      this.#stop = await this.database.listen(tailStore.watchChannel, (payload) => {
        if (payload === '') void this.#reload();
        else this.#watch(tailStore.parseWatch(payload));
      });
      await this.#reload();
    } catch (error) {
      this.logger.warn({ err: error }, 'nobody is told what is stored until this process is started again');
    }
  }

  async onModuleDestroy(): Promise<void> {
    await this.#stop();
  }

  get any(): boolean {
    return this.#until.size > 0;
  }

  /** Call within the transaction that stores `rows`. */
  async tell(tx: Tx, rows: readonly MessageKey[]): Promise<void> {
    if (this.#until.size === 0) return;
    const now = this.clock.now().getTime();
    for (const [deviceKey, until] of this.#until) if (until < now) this.#until.delete(deviceKey);
    const watched = rows.filter(({ deviceKey }) => this.#until.has(deviceKey));
    if (watched.length > 0) await tailStore.announce(tx, watched);
  }

  #watch({ deviceKey, until }: { deviceKey: number; until: number }): void {
    this.#until.set(deviceKey, Math.max(until, this.#until.get(deviceKey) ?? 0));
  }

  async #reload(): Promise<void> {
    try {
      const watched = await this.database.system((tx) => tailStore.watched(tx, this.clock.now()));
      for (const one of watched) this.#watch(one);
    } catch (error) {
      this.logger.warn({ err: error }, 'it is not known whose readings are watched');
    }
  }
}
