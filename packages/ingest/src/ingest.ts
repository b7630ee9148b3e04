import { messageKinds } from '@muster/contracts/telemetry/telemetry.schema';
import { Database, type Tx } from '@muster/persistence/database';
import { heartbeatStore } from '@muster/persistence/devices/heartbeat.store';
import { isDataFault, isTransient } from '@muster/persistence/failures';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { type ClockAnchorRow, clockAnchorStore } from '@muster/persistence/telemetry/clock-anchor.store';
import { ingestStore } from '@muster/persistence/telemetry/ingest.store';
import { byKey, type MessageRow } from '@muster/persistence/telemetry/message-row';
import { type DeviceHour, rollupStore } from '@muster/persistence/telemetry/rollup.store';
import { untilCommitted } from '@muster/persistence/until-committed';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { METRICS } from '@muster/runtime/metrics/metrics';
import { Inject, Injectable } from '@nestjs/common';
import { Counter, Histogram, type Registry } from 'prom-client';
import { anchorsOf } from './clock-anchors.js';
import type { RegisteredDevice } from './device-registry.js';
import type { UplinkRefusal } from './intake.js';
import { LatestValues } from './latest-values.js';
import { MicroBatch } from './micro-batch.js';
import { Onlookers } from './onlookers.js';
import { RollupMarks } from './rollup-marks.js';
import { type DeviceSighting, type HeartbeatNews, sightingsOf } from './sightings.js';

/** One message on its way into the database. A heartbeat brings news of its device; a Will is news and no message. */
export interface Draft {
  readonly device: RegisteredDevice;
  readonly row: MessageRow | null;
  readonly news: HeartbeatNews | null;
  /** Of the payload as it came in. */
  readonly bytes?: number;
  /** Set when the database refused the values. */
  refusal?: UplinkRefusal;
}

const SIZE = 1_000;
const LINGER_MS = 5;
/** One batch commits while the next fills; a third connection gains nothing on the machines measured. */
const IN_FLIGHT = 2;

/**
 * Writes messages in batches, one transaction a batch: the messages, the hours to roll up, and what heartbeats say of
 * their devices; without heartbeats it is one statement. Repeat-safe, so a batch may be written again after any failure. Latest values follow on their own.
 */
@Injectable()
export class Ingest {
  readonly #batch = new MicroBatch<Draft>({
    size: SIZE,
    lingerMs: LINGER_MS,
    inFlight: IN_FLIGHT,
    flush: (drafts) => this.#write(drafts),
  });
  readonly #marks = new RollupMarks();
  readonly #stored: Counter<'kind' | 'outcome'>;
  readonly #seconds: Histogram;
  readonly #sizes: Histogram;

  constructor(
    private readonly database: Database,
    private readonly latest: LatestValues,
    private readonly onlookers: Onlookers,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(METRICS) metrics: Registry,
  ) {
    const registers = [metrics];
    this.#stored = new Counter({
      name: 'muster_messages_total',
      help: 'Messages committed, by kind and whether they were new.',
      labelNames: ['kind', 'outcome'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'muster_ingest_batch_seconds',
      help: 'Time to commit one batch.',
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registers,
    });
    this.#sizes = new Histogram({
      name: 'muster_ingest_batch_messages',
      help: 'Messages in one batch.',
      buckets: [1, 5, 20, 50, 100, 200, 500, 1_000],
      registers,
    });
  }

  /** Resolves when the message is committed, with a refusal when its values cannot be stored. */
  store(draft: Draft): Promise<UplinkRefusal | undefined> {
    return this.#batch.add(draft).then(() => draft.refusal);
  }

  async #write(drafts: readonly Draft[]): Promise<void> {
    const end = this.#seconds.startTimer();
    this.#sizes.observe(drafts.length);
    await this.#writeOrSplit(drafts);
    end();
  }

  /** One bad row fails the whole statement: halving finds it in log2(n) steps while the good ones commit. */
  async #writeOrSplit(drafts: readonly Draft[]): Promise<void> {
    try {
      await untilCommitted(() => this.#commit(drafts), this.logger);
    } catch (error) {
      if (isTransient(error) || !isDataFault(error)) this.logger.error({ err: error }, 'a batch could not be written');
      if (drafts.length === 1) {
        const detail = error instanceof Error ? error.message : String(error);
        drafts[0]!.refusal = { code: isDataFault(error) ? 'payload_invalid' : 'internal', detail };
        return;
      }
      const middle = drafts.length >> 1;
      await this.#writeOrSplit(drafts.slice(0, middle));
      await this.#writeOrSplit(drafts.slice(middle));
    }
  }

  async #commit(drafts: readonly Draft[]): Promise<void> {
    const rows = rowsOf(drafts).sort(byKey);
    const sightings = sightingsOf(drafts);
    const anchors = anchorsOf(drafts);
    const { hours, leftOut, by } = this.#marks.of(rows, this.clock.now());
    const alone = sightings.length === 0 && anchors.length === 0 && !this.onlookers.watch;
    const fresh = alone
      ? await ingestStore.insert(this.database.statements, rows, hours)
      : await this.database.system((tx) => this.#writeWith(tx, rows, hours, sightings, anchors));
    // A commit that took so long that an hour it relied on may have been rolled up without it.
    if (this.clock.now().getTime() > by) await this.database.system((tx) => rollupStore.mark(tx, leftOut));
    this.#marks.committed(hours, this.clock.now());
    this.latest.note(rows);
    const total = [...fresh.values()].reduce((sum, n) => sum + n, 0);
    this.onlookers.after(drafts, total);
    this.#count(rows, fresh);
  }

  async #writeWith(
    tx: Tx,
    rows: readonly MessageRow[],
    hours: readonly DeviceHour[],
    sightings: readonly DeviceSighting[],
    anchors: readonly ClockAnchorRow[],
  ): Promise<ReadonlyMap<number, number>> {
    const fresh = rows.length > 0 ? await ingestStore.insert(tx, rows, hours) : new Map<number, number>();
    await this.onlookers.within(tx, rows);
    if (anchors.length > 0) await clockAnchorStore.keep(tx, anchors);
    if (sightings.length === 0) return fresh;
    const news = await heartbeatStore.record(tx, sightings);
    const changed = await heartbeatStore.keepVersions(
      tx,
      sightings.filter(({ deviceKey }) => news.has(deviceKey)),
    );
    const told = [
      ...sightings
        .filter(({ openedAt }) => openedAt !== null)
        .map(({ device }) => letter('device.connected', device.tenant, device.deviceId)),
      ...changed.map(({ tenantId, deviceId }) => letter('device.changed', tenantId, deviceId)),
    ];
    await outbox.dropAll(tx, told);
    return fresh;
  }

  #count(rows: readonly MessageRow[], fresh: ReadonlyMap<number, number>): void {
    for (const [kind, id] of Object.entries(messageKinds)) {
      const stored = fresh.get(id) ?? 0;
      const duplicate = rows.reduce((n, row) => (row.kind === id ? n + 1 : n), 0) - stored;
      if (stored > 0) this.#stored.inc({ kind, outcome: 'stored' }, stored);
      if (duplicate > 0) this.#stored.inc({ kind, outcome: 'duplicate' }, duplicate);
    }
  }
}

const rowsOf = (drafts: readonly Draft[]): MessageRow[] => {
  const rows: MessageRow[] = [];
  for (const { row } of drafts) if (row !== null) rows.push(row);
  return rows;
};

const letter = (type: 'device.connected' | 'device.changed', tenantId: string, deviceId: string) => ({
  tenantId,
  type,
  key: deviceId,
  payload: { deviceId },
});
