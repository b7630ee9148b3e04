import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Database, Tx } from '@muster/persistence/database';
import { type Announcement, type TailRow, tailStore } from '@muster/persistence/telemetry/tail.store';
import type { Clock } from '@muster/runtime/clock/clock';
import type { Log } from '../http/log.js';

export interface TailReading {
  readonly metric: string;
  readonly t: number;
  readonly value: number | null;
  readonly quality: number;
  readonly personal: boolean;
}
/** One stored message, or a gap: something may have been missed, and who watches reads afresh. */
export interface TailEntry {
  readonly n: number;
  readonly message: { place: string | null; receivedAt: string; readings: readonly TailReading[] } | null;
}

export interface TailParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** Names this process among those that watch. */
  readonly process: string;
}

const WATCH_MS = 90_000;
const RENEW_MS = 30_000;
const LOOK_MS = 5_000;
const FIRST_LOOK_MS = 500;
/** How far back in the device's own time a look goes. */
const LOOK_BACK_MS = 120_000;
const LOOK_ROWS = 1_000;
/** A message may have waited so long in the ingest; an announcement of one received before is a repetition of an old one. */
const WAITED_MS = 60_000;
const KEYS_PER_READ = 500;
const MOST_PENDING = 5_000;
const MOST_ENTRIES = 2_000;
const MOST_SEEN = 20_000;

/**
 * What is stored of one device from now on, once each, in the order it is received whatever its time is; shared by all who
 * watch it. The processes that ingest are asked to say what they store of it (`watched_devices`) and do so in the very
 * transaction. Before they have heard, and should one not hear, a look every few seconds at the newest end of the
 * device's key finds what is current: that costs a handful of rows, and the ingest nothing. Reading by arrival alone would
 * need an index that every message pays for.
 */
export class DeviceTail {
  /** Numbers of another life mean nothing here. */
  readonly life = randomBytes(4).toString('hex');
  #entries: TailEntry[] = [];
  #n = 0;
  readonly #since: number;
  readonly #seen = new Set<string>();
  #pending: Announcement['keys'][number][] = [];
  #reading: Promise<void> = Promise.resolve();
  readonly #wakers = new Set<() => void>();
  readonly #stop = new AbortController();

  constructor(
    readonly deviceKey: number,
    private readonly parts: TailParts,
  ) {
    this.#since = parts.clock.now().getTime();
    void this.#again(RENEW_MS, 0, () => this.#renew());
    void this.#again(LOOK_MS, FIRST_LOOK_MS, () => this.#look());
  }

  /** Number of the newest entry. */
  get head(): number {
    return this.#n;
  }

  /** Entries after `n`; null when some of them are no longer kept, or `n` was never given. */
  after(n: number): readonly TailEntry[] | null {
    const floor = this.#n - this.#entries.length;
    return n < floor || n > this.#n ? null : this.#entries.slice(n - floor);
  }

  subscribe(wake: () => void): () => void {
    this.#wakers.add(wake);
    return () => this.#wakers.delete(wake);
  }

  announced(keys: Announcement['keys']): void {
    this.#pending.push(...keys);
    if (this.#pending.length > MOST_PENDING) {
      this.#pending = [];
      this.gap();
    }
    void this.#inTurn(() => this.#readPending());
  }

  gap(): void {
    this.#keep([{ n: ++this.#n, message: null }]);
  }

  stop(): void {
    this.#stop.abort();
    for (const wake of this.#wakers) wake();
  }

  async #again(everyMs: number, firstMs: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#stop;
    for (let ms = firstMs; ; ms = everyMs) {
      await pause(ms, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      await this.#inTurn(work);
    }
  }

  /** One at a time, so that entries keep their order; what fails is made good by the next look. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#reading = this.#reading.then(work).catch((error: unknown) => {
      this.parts.log.warn({ err: error, deviceKey: this.deviceKey }, 'a live tail could not read');
    });
    return this.#reading;
  }

  #renew(): Promise<void> {
    const { database, clock, process } = this.parts;
    const now = clock.now();
    const watched = { deviceKey: this.deviceKey, until: now.getTime() + WATCH_MS };
    return database.system((tx) => tailStore.watch(tx, process, watched, now));
  }

  #look(): Promise<void> {
    const now = this.parts.clock.now().getTime();
    const produced = new Date(now - LOOK_BACK_MS);
    const received = new Date(Math.max(this.#since, now - LOOK_BACK_MS));
    return this.#take((tx) => tailStore.recent(tx, this.deviceKey, produced, received, LOOK_ROWS));
  }

  async #readPending(): Promise<void> {
    while (this.#pending.length > 0) {
      const keys = this.#pending.splice(0, KEYS_PER_READ);
      await this.#take(async (tx) => {
        const rows = await tailStore.byKeys(tx, { deviceKey: this.deviceKey, keys });
        return rows.filter(({ receivedAt }) => receivedAt.getTime() >= this.#since - WAITED_MS);
      });
    }
  }

  async #take(read: (tx: Tx) => Promise<TailRow[]>): Promise<void> {
    const { rows, metrics } = await this.parts.database.system(async (tx) => {
      const all = await read(tx);
      const fresh = all.filter((row) => !this.#seen.has(keyOf(row)));
      const ids = new Set(fresh.flatMap(({ metric }) => metric));
      return { rows: fresh, metrics: ids.size > 0 ? await tailStore.metrics(tx, [...ids]) : [] };
    });
    if (rows.length === 0) return;
    const metricOf = new Map(metrics.map((metric) => [metric.id, metric]));
    for (const row of rows) this.#seen.add(keyOf(row));
    for (const key of this.#seen) {
      if (this.#seen.size <= MOST_SEEN) break;
      this.#seen.delete(key);
    }
    this.#keep(rows.map((row) => ({ n: ++this.#n, message: messageOf(row, metricOf) })));
  }

  #keep(entries: readonly TailEntry[]): void {
    this.#entries.push(...entries);
    if (this.#entries.length > MOST_ENTRIES) this.#entries = this.#entries.slice(-MOST_ENTRIES);
    for (const wake of this.#wakers) wake();
  }
}

const keyOf = ({ producedAt, seqNo }: TailRow): string => `${producedAt.getTime()}/${seqNo}`;

const messageOf = (row: TailRow, metricOf: ReadonlyMap<number, { key: string; personal: boolean }>) => ({
  place: row.place,
  receivedAt: row.receivedAt.toISOString(),
  readings: row.metric.flatMap((id, i): TailReading[] => {
    const metric = metricOf.get(id);
    if (metric === undefined) return [];
    const value = row.value[i]!;
    return [
      {
        metric: metric.key,
        t: row.at.getTime() + row.dtMs[i]!,
        value: Number.isFinite(value) ? value : null,
        quality: row.quality?.[i] ?? 0,
        personal: metric.personal,
      },
    ];
  }),
});
