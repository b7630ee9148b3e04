import { Database } from '@muster/persistence/database';
import { ingestStore } from '@muster/persistence/telemetry/ingest.store';
import { untilCommitted } from '@muster/persistence/until-committed';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { Inject, Injectable } from '@nestjs/common';
import type { RegisteredDevice } from './device-registry.js';

const MOST = 500_000;

/** Numbers for metric names and places. They never change once given, so they are remembered. */
@Injectable()
export class Catalogue {
  readonly #metrics = new Map<string, Map<string, number>>();
  readonly #places = new Map<string, { id: number; asset: string | null }>();

  constructor(
    private readonly database: Database,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Ids of `keys`, in their order; new ones enter the tenant's catalogue. Answers at once where nothing is new. */
  metricIds(tenant: string, keys: readonly string[]): number[] | Promise<number[]> {
    const known = this.#metrics.get(tenant);
    const ids: number[] = [];
    for (const key of keys) {
      const id = known?.get(key);
      if (id === undefined) return this.#learn(tenant, keys);
      ids.push(id);
    }
    return ids;
  }

  /** Id of a place below a device, made when new; null for the device itself. */
  placeId(device: RegisteredDevice, path: string | null, asset: string | null): number | null | Promise<number> {
    if (path === null) return null;
    const known = this.#places.get(`${device.deviceKey}/${path}`);
    if (known !== undefined && (asset === null || asset === known.asset)) return known.id;
    return this.#place(device, path, asset);
  }

  async #learn(tenant: string, keys: readonly string[]): Promise<number[]> {
    const wanted = [...new Set(keys)].map((key) => ({ tenant, key }));
    const found = await untilCommitted(
      () => this.database.system((tx) => ingestStore.metricIds(tx, wanted)),
      this.logger,
    );
    const known = this.#metrics.get(tenant) ?? new Map<string, number>();
    if (known.size > MOST) known.clear();
    for (const { key } of wanted) known.set(key, found.get(`${tenant}/${key}`)!);
    this.#metrics.set(tenant, known);
    return keys.map((key) => known.get(key)!);
  }

  async #place(device: RegisteredDevice, path: string, asset: string | null): Promise<number> {
    const wanted = [{ tenant: device.tenant, deviceKey: device.deviceKey, path, asset }];
    const found = await untilCommitted(
      () => this.database.system((tx) => ingestStore.placeIds(tx, wanted)),
      this.logger,
    );
    if (this.#places.size > MOST) this.#places.clear();
    const key = `${device.deviceKey}/${path}`;
    const id = found.get(key)!;
    this.#places.set(key, { id, asset });
    return id;
  }
}
