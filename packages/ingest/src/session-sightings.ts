import { setTimeout as pause } from 'node:timers/promises';
import { Database } from '@muster/persistence/database';
import { type PlaceSeen, sightingStore } from '@muster/persistence/devices/sighting.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CloneWatch } from './clone-watch.js';

/** A session of a device at a door that knows where it came from. */
export interface SessionEvent {
  readonly kind: 'opened' | 'closed';
  readonly tenant: string;
  readonly deviceId: string;
  readonly fingerprint: string;
  readonly address: string;
  /** It ended a session that stood. */
  readonly tookOver: boolean;
}

/** Written together this often. */
const EVERY_MS = 2_000;
const PORTION = 1_000;
/** Places that wait to be written; beyond it, while the database is away, new ones are not remembered. */
const MOST = 50_000;

/** Where identities are used, written down in batches: never on the way of a connection or a message. */
@Injectable()
export class SessionSightings implements OnApplicationBootstrap, OnModuleDestroy {
  #seen = new Map<string, PlaceSeen>();
  readonly #end = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly clones: CloneWatch,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.#running = this.#run();
  }

  async onModuleDestroy(): Promise<void> {
    this.#end.abort();
    await this.#running;
  }

  note({ kind, tenant, deviceId, fingerprint, address, tookOver }: SessionEvent): void {
    const opened = kind === 'opened';
    const key = `${deviceId} ${fingerprint} ${address}`;
    const known = this.#seen.get(key);
    const now = this.clock.now();
    if (known !== undefined || this.#seen.size < MOST)
      this.#seen.set(key, {
        tenantId: tenant,
        deviceId,
        fingerprint,
        address,
        firstAt: known?.firstAt ?? now,
        lastAt: now,
        sessions: (known?.sessions ?? 0) + (opened ? 1 : 0),
        connected: opened,
      });
    if (opened) this.clones.opened(deviceId, address, tookOver);
  }

  /** Writes what was noted; what cannot be written waits. */
  async flush(): Promise<void> {
    const seen = this.#seen;
    this.#seen = new Map();
    const all = [...seen.values()];
    try {
      for (let from = 0; from < all.length; from += PORTION) {
        const some = all.slice(from, from + PORTION);
        await this.database.system((tx) => sightingStore.keep(tx, some));
        for (const { deviceId, fingerprint, address } of some) seen.delete(`${deviceId} ${fingerprint} ${address}`);
      }
    } catch (error) {
      this.logger.warn({ err: error, places: seen.size }, 'where devices connect from could not be written down');
      for (const [key, newer] of this.#seen) seen.set(key, join(seen.get(key), newer));
      this.#seen = seen;
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      await this.flush();
      await pause(EVERY_MS, undefined, { signal, ref: false }).catch(() => {});
    }
    await this.flush();
  }
}

const join = (older: PlaceSeen | undefined, newer: PlaceSeen): PlaceSeen =>
  older === undefined ? newer : { ...newer, firstAt: older.firstAt, sessions: older.sessions + newer.sessions };
