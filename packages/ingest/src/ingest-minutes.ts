import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { messageFlags } from '@muster/contracts/telemetry/telemetry.schema';
import { Database } from '@muster/persistence/database';
import { type Flood, ingestMinuteStore, type SlotCounts } from '@muster/persistence/telemetry/ingest-minute.store';
import type { MessageRow } from '@muster/persistence/telemetry/message-row';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { METRICS } from '@muster/runtime/metrics/metrics';
import { type MillisHistogram, merge, observe, percentile } from '@muster/telemetry/millis-histogram';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Gauge, type Registry } from 'prom-client';
import { DeviceRegistry } from './device-registry.js';
import { FloodLimit } from './flood-limit.js';

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Counts = Omit<Writable<SlotCounts>, 'commitMs' | 'lagMs'> & { commitMs: MillisHistogram; lagMs: MillisHistogram };

/** What a door has taken and not yet committed, and whether it stopped reading because of that. */
export interface DoorGauge {
  readonly waiting: number;
  readonly paused: boolean;
}

/** A committed message, as the statistics need it. */
export interface Arrival {
  readonly row: MessageRow;
  /** Of its payload as it came in. */
  readonly bytes: number;
}

const SLOT_MS = 10_000;
const KEPT_MS = 24 * 3_600_000;
/** Slots that wait for a database that is away; older ones are given up. */
const MOST_WAITING = 10_000;
const LAST_WRITE_MS = 2_000;
/** Older on arrival means that the message waited in its device's buffer. */
const BUFFERED_MS = 300_000;
/** Messages that waited in a buffer, or whose clock is wrong, say nothing about how far behind we are. */
const NO_LAG =
  messageFlags.late |
  messageFlags.future |
  messageFlags.historical |
  messageFlags.outOfWindow |
  messageFlags.clockCorrected;

/**
 * What this process takes in, per tenant, in slots of ten seconds: counted in memory once a batch after its commit, written
 * when the slot is over. A crash loses ten seconds of statistics and nothing else.
 */
@Injectable()
export class IngestMinutes implements OnApplicationBootstrap, OnModuleDestroy {
  /** Of host and process, so that one that restarts goes on under a name of its own. */
  readonly process = `${hostname()}/${process.pid}`;
  readonly #doors = new Map<string, () => DoorGauge>();
  #slot = 0;
  #counts = new Map<string, Counts>();
  #finished: Counts[] = [];
  #prunedAt = 0;
  #running: Promise<void> = Promise.resolve();
  readonly #hurry = new AbortController();
  readonly #lag: Gauge<'quantile'>;
  readonly #commit: Gauge<'quantile'>;

  constructor(
    private readonly database: Database,
    private readonly registry: DeviceRegistry,
    private readonly flood: FloodLimit,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(METRICS) metrics: Registry,
  ) {
    const quantile = (name: string, help: string) =>
      new Gauge({ name, help, labelNames: ['quantile'], registers: [metrics] });
    this.#lag = quantile(
      'muster_ingest_lag_seconds',
      "From the device's clock to commit within the last ten seconds, of messages that did not wait in a buffer.",
    );
    this.#commit = quantile('muster_ingest_commit_seconds', 'From arrival to commit within the last ten seconds.');
    flood.onShed((deviceId) => {
      const tenant = this.registry.recall(deviceId)?.tenant;
      if (tenant !== undefined) this.#of(tenant).shed++;
    });
  }

  onApplicationBootstrap(): void {
    this.#running = this.#run();
  }

  async onModuleDestroy(): Promise<void> {
    this.#hurry.abort();
    await Promise.race([this.#running, pause(LAST_WRITE_MS, undefined, { ref: false })]);
  }

  /** Names a door of this process. A process without doors takes nothing in and is not listed. */
  door(name: string, gauge: () => DoorGauge = () => ({ waiting: 0, paused: false })): void {
    this.#doors.set(name, gauge);
  }

  /**
   * Call once a batch after its commit; `stored` of the arrivals were new. The database does not tell which, so the others
   * are shared among the tenants of a batch by how much each has in it.
   */
  committed(arrivals: readonly Arrival[], stored: number): void {
    const now = this.clock.now().getTime();
    const share = arrivals.length === 0 ? 1 : stored / arrivals.length;
    const seen = new Map<string, { counts: Counts; messages: number; readings: number }>();
    for (const { row, bytes } of arrivals) {
      let one = seen.get(row.tenant);
      if (one === undefined) {
        one = { counts: this.#of(row.tenant), messages: 0, readings: 0 };
        seen.set(row.tenant, one);
      }
      one.messages++;
      one.readings += row.value.length;
      one.counts.bytes += bytes;
      observe(one.counts.commitMs, now - row.receivedAt.getTime());
      const age = row.receivedAt.getTime() - row.producedAt.getTime();
      if ((row.flags & NO_LAG) === 0 && age < BUFFERED_MS) observe(one.counts.lagMs, now - row.producedAt.getTime());
    }
    for (const { counts, messages, readings } of seen.values()) {
      const fresh = Math.round(messages * share);
      counts.stored += fresh;
      counts.duplicates += messages - fresh;
      counts.readings += Math.round(readings * share);
    }
  }

  deadLettered(tenant: string): void {
    this.#of(tenant).deadLettered++;
  }

  /** Writes the slots that are over, and that this process is there; all slots when `everything` is asked for. */
  async flush(everything = false): Promise<void> {
    const now = this.clock.now();
    if (everything) this.#finish(0);
    else this.#turn(now.getTime());
    const slots = this.#finished;
    this.#finished = [];
    try {
      await this.database.system(async (tx) => {
        await ingestMinuteStore.keep(tx, this.process, slots);
        if (this.#doors.size > 0) await ingestMinuteStore.present(tx, this.#facts(), this.#floods(), now);
      });
      if (now.getTime() - this.#prunedAt > KEPT_MS / 24) {
        this.#prunedAt = now.getTime();
        const before = new Date(now.getTime() - KEPT_MS);
        await this.database.system((tx) => ingestMinuteStore.prune(tx, before));
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'ingest statistics could not be written');
      this.#finished = [...slots, ...this.#finished].slice(-MOST_WAITING);
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#hurry;
    while (!signal.aborted) {
      await this.flush();
      await pause(SLOT_MS, undefined, { signal, ref: false }).catch(() => {});
    }
    await this.flush(true);
    await this.database.system((tx) => ingestMinuteStore.leave(tx, this.process)).catch(() => {});
  }

  #facts() {
    const gauges = [...this.#doors.values()].map((read) => read());
    return {
      name: this.process,
      doors: [...this.#doors.keys()],
      waiting: gauges.reduce((sum, { waiting }) => sum + waiting, 0),
      paused: gauges.some(({ paused }) => paused),
      rssBytes: process.memoryUsage.rss(),
    };
  }

  #floods(): Flood[] {
    return this.flood
      .floodingNow()
      .flatMap(({ tenant, deviceId, since, shed }) => (tenant === null ? [] : [{ tenant, deviceId, since, shed }]));
  }

  #of(tenant: string): Counts {
    this.#turn(this.clock.now().getTime());
    let counts = this.#counts.get(tenant);
    if (counts === undefined) {
      counts = { tenant, at: new Date(this.#slot), ...nothing, commitMs: [], lagMs: [] };
      this.#counts.set(tenant, counts);
    }
    return counts;
  }

  #turn(now: number): void {
    const slot = Math.floor(now / SLOT_MS) * SLOT_MS;
    if (slot !== this.#slot) this.#finish(slot);
  }

  #finish(next: number): void {
    const counts = [...this.#counts.values()];
    this.#finished.push(...counts);
    show(
      this.#lag,
      counts.map(({ lagMs }) => lagMs),
    );
    show(
      this.#commit,
      counts.map(({ commitMs }) => commitMs),
    );
    this.#counts = new Map();
    this.#slot = next;
  }
}

const nothing = { stored: 0, readings: 0, duplicates: 0, deadLettered: 0, shed: 0, bytes: 0 };

/** Percentiles of all tenants together. An observation a message would cost more than everything else here. */
const show = (gauge: Gauge<'quantile'>, histograms: readonly MillisHistogram[]): void => {
  const all: MillisHistogram = [];
  for (const histogram of histograms) merge(all, histogram);
  for (const share of [0.5, 0.99]) gauge.set({ quantile: share }, (percentile(all, share) ?? 0) / 1000);
};
