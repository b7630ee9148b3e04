import { Database, type Tx } from '@muster/persistence/database';
import { baselineStore } from '@muster/persistence/telemetry/baseline.store';
import { ingestStatusStore } from '@muster/persistence/telemetry/ingest-status.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { METRICS } from '@muster/runtime/metrics/metrics';
import { Inject, Injectable } from '@nestjs/common';
import { Gauge, type Registry } from 'prom-client';

const DAY_MS = 86_400_000;
const HOUR_S = 3_600;
/** Gauges of one scrape share an answer. */
const SHARED_MS = 2_000;

/**
 * What whoever is on call must see of the database, asked when somebody scrapes: what waits to be rolled up, and how far
 * ahead partitions reach. Every worker says the same. While the database is away the last values stand.
 */
@Injectable()
export class TelemetryGauges {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(METRICS) metrics: Registry,
  ) {
    const rollups = this.#shared((tx) => ingestStatusStore.rollups(tx, this.clock.now()));
    const looks = this.#shared((tx) => baselineStore.backlog(tx));
    const partitions = this.#shared((tx) => ingestStatusStore.partitions(tx));
    const gauge = (name: string, help: string, read: () => Promise<number | null>) =>
      new Gauge({
        name,
        help,
        registers: [metrics],
        async collect() {
          const value = await read();
          if (value !== null) this.set(value);
        },
      });
    gauge(
      'muster_rollup_hours_waiting',
      'Device hours that are over and wait to be rolled up, up to 100,000.',
      async () => {
        const found = await rollups();
        return found?.waiting ?? null;
      },
    );
    gauge('muster_rollup_oldest_seconds', 'Time since the oldest hour that waits to be rolled up ended.', async () => {
      const found = await rollups();
      return found && (found.oldest === null ? 0 : this.#secondsSince(found.oldest) - HOUR_S);
    });
    gauge('muster_anomaly_looks_waiting', 'Devices with new hours that were not looked at for anomalies.', async () => {
      const found = await looks();
      return found?.waiting ?? null;
    });
    gauge('muster_partition_days_ahead', 'Days until the newest day partition of messages ends.', async () => {
      const found = await partitions();
      return found && (found.ahead === null ? 0 : -this.#secondsSince(found.ahead) / (DAY_MS / 1000));
    });
    gauge('muster_partition_bytes', 'Bytes of all attached partitions of messages, indexes and all.', async () => {
      const found = await partitions();
      return found?.bytes ?? null;
    });
  }

  #secondsSince(at: Date): number {
    return (this.clock.now().getTime() - at.getTime()) / 1000;
  }

  #shared<T>(ask: (tx: Tx) => Promise<T>): () => Promise<T | null> {
    let askedAt = Number.NEGATIVE_INFINITY;
    let answer: Promise<T | null> = Promise.resolve(null);
    return () => {
      const now = this.clock.monotonic();
      if (now - askedAt < SHARED_MS) return answer;
      askedAt = now;
      answer = this.database.system(ask).catch((err: unknown) => {
        this.logger.warn({ err }, 'the database could not be asked for what waits');
        return null;
      });
      return answer;
    };
  }
}
