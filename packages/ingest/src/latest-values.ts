import { setTimeout as pause } from 'node:timers/promises';
import { unusable } from '@muster/contracts/telemetry/telemetry.schema';
import { Database } from '@muster/persistence/database';
import { type LatestValue, latestStore } from '@muster/persistence/telemetry/latest.store';
import { effectiveTime, type MessageRow } from '@muster/persistence/telemetry/message-row';
import { untilCommitted } from '@muster/persistence/until-committed';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A console that shows the newest value is this far behind. */
const PAUSE_MS = 1_000;
/** After a write that took long, the pause is so many times longer: latest values get a fifth of one connection at most. */
const PAUSES_PER_WRITE = 4;
const SERIES_PER_WRITE = 5_000;
const LAST_WRITE_MS = 2_000;

/**
 * The newest value of each series, folded in memory and written about once a second. With the messages themselves they
 * would be five more rows to update for every row inserted, most of them overwritten at once. What dies with the worker
 * comes back with the device's next message, or with the rollup of the hour.
 */
@Injectable()
export class LatestValues implements OnModuleDestroy {
  #devices = new Map<number, Map<number, Map<number, Writable<LatestValue>>>>();
  #writing: Promise<void> | null = null;
  readonly #hurry = new AbortController();

  constructor(
    private readonly database: Database,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Call after the commit of `rows`, also for those that were known already: then it may be us who died before. */
  note(rows: readonly MessageRow[]): void {
    for (const row of rows) if (row.metric.length > 0) this.#fold(row);
    if (this.#devices.size > 0) this.#writing ??= this.#writeInTurn();
  }

  /** Writes what is left, unless the database is away: it is only a copy. */
  async onModuleDestroy(): Promise<void> {
    this.#hurry.abort();
    await Promise.race([this.#writing, pause(LAST_WRITE_MS, undefined, { ref: false })]);
  }

  #fold(row: MessageRow): void {
    const { deviceKey, tenant, placeId } = row;
    const places = below(this.#devices, deviceKey);
    const series = below(places, placeId ?? 0);
    for (const [i, metric] of row.metric.entries()) {
      if (row.quality !== null && (row.quality[i]! & unusable) !== 0) continue;
      const at = effectiveTime(row, row.dtMs[i]!);
      const value = row.value[i]!;
      const known = series.get(metric);
      if (known === undefined) series.set(metric, { deviceKey, placeId: placeId ?? 0, metric, tenant, at, value });
      else if (at >= known.at) {
        known.at = at;
        known.value = value;
      }
    }
  }

  async #writeInTurn(): Promise<void> {
    for (let pauseMs = PAUSE_MS; this.#devices.size > 0; ) {
      await pause(pauseMs, undefined, { signal: this.#hurry.signal }).catch(() => {});
      const began = performance.now();
      await this.#write();
      pauseMs = Math.max(PAUSE_MS, (performance.now() - began) * PAUSES_PER_WRITE);
    }
    this.#writing = null;
  }

  async #write(): Promise<void> {
    const values = [...this.#devices.values()].flatMap((places) =>
      [...places.values()].flatMap((one) => [...one.values()]),
    );
    this.#devices = new Map();
    for (let from = 0; from < values.length; from += SERIES_PER_WRITE) {
      const some = values.slice(from, from + SERIES_PER_WRITE);
      await untilCommitted(() => this.database.system((tx) => latestStore.keep(tx, some)), this.logger).catch(
        (error: unknown) => this.logger.error({ err: error, series: some.length }, 'latest values could not be kept'),
      );
    }
  }
}

const below = <K, L, V>(maps: Map<K, Map<L, V>>, key: K): Map<L, V> => {
  let map = maps.get(key);
  if (map === undefined) {
    map = new Map();
    maps.set(key, map);
  }
  return map;
};
