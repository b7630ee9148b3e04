import { hostname } from 'node:os';
import { Database } from '@muster/persistence/database';
import { tailStore } from '@muster/persistence/telemetry/tail.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { LOG, type Log } from '../http/log.js';
import { Refusal } from '../http/refusal.js';
import { DeviceTail } from './device-tail.js';

interface Shared {
  readonly tail: DeviceTail;
  watchers: number;
  ending: NodeJS.Timeout | null;
}

const MOST_DEVICES = 200;
const MOST_WATCHERS = 500;
const MOST_OF_ONE = 20;
/** A tail nobody watches goes on for so long, so that one who comes back misses nothing. */
const LINGER_MS = 60_000;

/** The live tails of this process, one a device however many watch it. */
@Injectable()
export class TailHub implements OnApplicationShutdown {
  readonly #tails = new Map<number, Shared>();
  readonly #watchersOf = new Map<string, number>();
  #listening: Promise<() => Promise<void>> | null = null;

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    for (const { tail, ending } of this.#tails.values()) {
      if (ending) clearTimeout(ending);
      tail.stop();
    }
    this.#tails.clear();
    const stop = await this.#listening?.catch(() => null);
    await stop?.();
  }

  /**
   * The tail of a device, until `release` is called.
   * @throws Refusal rate_limited when the principal, or everybody together, watches too much already
   */
  async watch(deviceKey: number, principalId: string): Promise<{ tail: DeviceTail; release: () => void }> {
    await this.#listen();
    const own = this.#watchersOf.get(principalId) ?? 0;
    const everybody = [...this.#watchersOf.values()].reduce((sum, n) => sum + n, 0);
    const known = this.#tails.get(deviceKey);
    if (own >= MOST_OF_ONE || everybody >= MOST_WATCHERS || (!known && this.#tails.size >= MOST_DEVICES))
      throw Refusal.tooMany('live tails', LINGER_MS / 1000);
    const shared = known ?? this.#begin(deviceKey);
    if (shared.ending) clearTimeout(shared.ending);
    shared.ending = null;
    shared.watchers++;
    this.#watchersOf.set(principalId, own + 1);
    let held = true;
    const release = () => {
      if (held) this.#release(shared, principalId);
      held = false;
    };
    return { tail: shared.tail, release };
  }

  #begin(deviceKey: number): Shared {
    const { database, clock, log } = this;
    const tail = new DeviceTail(deviceKey, { database, clock, log, process: `${hostname()}/${process.pid}` });
    const shared = { tail, watchers: 0, ending: null };
    this.#tails.set(deviceKey, shared);
    return shared;
  }

  #release(shared: Shared, principalId: string): void {
    const left = (this.#watchersOf.get(principalId) ?? 1) - 1;
    if (left > 0) this.#watchersOf.set(principalId, left);
    else this.#watchersOf.delete(principalId);
    if (--shared.watchers > 0) return;
    shared.ending = setTimeout(() => {
      shared.tail.stop();
      this.#tails.delete(shared.tail.deviceKey);
    }, LINGER_MS);
    shared.ending.unref();
  }

  async #listen(): Promise<void> {
    this.#listening ??= this.database.listen(tailStore.tailChannel, (payload) => this.#told(payload));
    try {
      await this.#listening;
    } catch (error) {
      this.#listening = null;
      throw error;
    }
  }

  /** '' comes after the connection was lost: what was told meanwhile is gone. */
  #told(payload: string): void {
    if (payload === '') for (const { tail } of this.#tails.values()) tail.gap();
    else {
      const { deviceKey, keys } = tailStore.parseAnnouncement(payload);
      this.#tails.get(deviceKey)?.tail.announced(keys);
    }
  }
}
