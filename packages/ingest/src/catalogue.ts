import { Database } from '@muster/persistence/database';
import { catalogueStore, type MetricRuleRow, metricsChannel } from '@muster/persistence/telemetry/catalogue.store';
import { untilCommitted } from '@muster/persistence/until-committed';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import type { MetricRule } from '@muster/telemetry/judge-readings';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { RegisteredDevice } from './device-registry.js';

const MOST = 500_000;

/** Instead of the id of a place: its device has as many as it may have. */
export const PLACES_FULL = Symbol('places full');

type Rules = readonly MetricRule[] | null;

/** Numbers for places, which never change once given, and the rules of metrics, which are read again when somebody changes one. */
@Injectable()
export class Catalogue implements OnModuleInit, OnModuleDestroy {
  readonly #metrics = new Map<string, Map<string, MetricRule>>();
  readonly #places = new Map<string, { id: number; asset: string | null }>();
  readonly #learning = new Map<string, Promise<Rules>>();
  /** Counts what made rules old, so that an answer that was under way meanwhile is not remembered. */
  #changes = 0;
  #stop: () => Promise<void> = async () => {};

  constructor(
    private readonly database: Database,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    this.#stop = await this.database.listen(metricsChannel, (tenant) => this.#forget(tenant));
  }

  async onModuleDestroy(): Promise<void> {
    await this.#stop();
  }

  /**
   * Rules of `keys`, in their order; new ones enter the tenant's catalogue, and null says that it is full. Answers at once
   * where nothing is new.
   */
  rules(tenant: string, keys: readonly string[]): Rules | Promise<Rules> {
    const known = this.#metrics.get(tenant);
    if (known === undefined) return this.#learn(tenant, keys);
    const rules = new Array<MetricRule>(keys.length);
    for (let i = 0; i < keys.length; i++) {
      const rule = known.get(keys[i]!);
      if (rule === undefined) return this.#learn(tenant, keys);
      rules[i] = rule;
    }
    return rules;
  }

  /** Id of a place below a device, made when new; null for the device itself. */
  placeId(
    device: RegisteredDevice,
    path: string | null,
    asset: string | null,
  ): number | null | Promise<number | typeof PLACES_FULL> {
    if (path === null) return null;
    const known = this.#places.get(`${device.deviceKey}/${path}`);
    if (known !== undefined && (asset === null || asset === known.asset)) return known.id;
    return this.#place(device, path, asset);
  }

  /** Messages that come while the answer is under way share it: after a change all devices of a tenant ask at once. */
  #learn(tenant: string, keys: readonly string[]): Promise<Rules> {
    const question = JSON.stringify([this.#changes, tenant, keys]);
    let answer = this.#learning.get(question);
    if (answer === undefined) {
      answer = this.#ask(tenant, keys).finally(() => this.#learning.delete(question));
      this.#learning.set(question, answer);
    }
    return answer;
  }

  async #ask(tenant: string, keys: readonly string[]): Promise<Rules> {
    const changes = this.#changes;
    const rows = await untilCommitted(
      () => this.database.system((tx) => catalogueStore.rules(tx, tenant, keys)),
      this.logger,
    );
    const found = new Map(rows.map((row) => [row.key, ruleOf(row)]));
    if (changes === this.#changes) this.#remember(tenant, found);
    const rules = keys.flatMap((key) => found.get(key) ?? []);
    return rules.length === keys.length ? rules : null;
  }

  #remember(tenant: string, found: ReadonlyMap<string, MetricRule>): void {
    const known = this.#metrics.get(tenant) ?? new Map<string, MetricRule>();
    if (known.size > MOST) known.clear();
    for (const [key, rule] of found) known.set(key, rule);
    this.#metrics.set(tenant, known);
  }

  /** All of a tenant's rules, since those of an alias follow its target; '' means that news may have been missed. */
  #forget(tenant: string): void {
    this.#changes++;
    if (tenant === '') this.#metrics.clear();
    else this.#metrics.delete(tenant);
  }

  async #place(device: RegisteredDevice, path: string, asset: string | null): Promise<number | typeof PLACES_FULL> {
    const { tenant, deviceKey } = device;
    const place = { tenant, deviceKey, path, asset };
    const id = await untilCommitted(() => this.database.system((tx) => catalogueStore.placeId(tx, place)), this.logger);
    if (id === null) return PLACES_FULL;
    if (this.#places.size > MOST) this.#places.clear();
    this.#places.set(`${deviceKey}/${path}`, { id, asset });
    return id;
  }
}

const ruleOf = ({ id, alias, factor, shift, low, high, stuckAfterS }: MetricRuleRow): MetricRule => ({
  id,
  factor: alias ? factor : 1,
  shift: alias ? shift : 0,
  low: low ?? Number.NEGATIVE_INFINITY,
  high: high ?? Number.POSITIVE_INFINITY,
  stuckAfterMs: stuckAfterS === null ? null : stuckAfterS * 1000,
  judged: alias || low !== null || high !== null || stuckAfterS !== null,
});
