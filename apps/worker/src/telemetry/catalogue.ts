import { Database } from '@muster/persistence/database';
import { ingestStore } from '@muster/persistence/telemetry/ingest.store';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { Inject, Injectable } from '@nestjs/common';
import type { RegisteredDevice } from '../gateway/device-registry.js';
import { untilCommitted } from '../gateway/until-committed.js';

const MOST = 500_000;

/** Numbers for metric names and places. They never change once given, so they are remembered. */
@Injectable()
export class Catalogue {
  readonly #metrics = new Map<string, number>();
  readonly #places = new Map<string, { id: number; asset: string | null }>();

  constructor(
    private readonly database: Database,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Ids of `keys`, in their order; new ones enter the tenant's catalogue. */
  async metricIds(tenant: string, keys: readonly string[]): Promise<number[]> {
    const missing = [...new Set(keys)].filter((key) => !this.#metrics.has(`${tenant}/${key}`));
    if (missing.length > 0) {
      const wanted = missing.map((key) => ({ tenant, key }));
      const found = await untilCommitted(
        () => this.database.system((tx) => ingestStore.metricIds(tx, wanted)),
        this.logger,
      );
      if (this.#metrics.size > MOST) this.#metrics.clear();
      for (const [key, id] of found) this.#metrics.set(key, id);
      return this.metricIds(tenant, keys);
    }
    return keys.map((key) => this.#metrics.get(`${tenant}/${key}`)!);
  }

  /** Id of a place below a device, made when new; null for the device itself. */
  async placeId(device: RegisteredDevice, path: string | null, asset: string | null): Promise<number | null> {
    if (path === null) return null;
    const key = `${device.deviceKey}/${path}`;
    const known = this.#places.get(key);
    if (known !== undefined && (asset === null || asset === known.asset)) return known.id;
    const wanted = [{ tenant: device.tenant, deviceKey: device.deviceKey, path, asset }];
    const found = await untilCommitted(
      () => this.database.system((tx) => ingestStore.placeIds(tx, wanted)),
      this.logger,
    );
    if (this.#places.size > MOST) this.#places.clear();
    const id = found.get(key)!;
    this.#places.set(key, { id, asset });
    return id;
  }
}
