import type * as routes from '@muster/contracts/telemetry/metrics.routes';
import { type Metric, MetricFacts } from '@muster/contracts/telemetry/metrics.schema';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database, type Tx } from '@muster/persistence/database';
import { type MetricRow, metricStore } from '@muster/persistence/telemetry/metric.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { type Call, withEtag } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';
import { type Fault, Refusal } from '../http/refusal.js';

/** Counting the series of a large fleet reads millions of rows; nobody needs the count to the second. */
const COUNTS_MS = 60_000;
const MOST_TENANTS = 1_000;

type Counts = Promise<ReadonlyMap<number, number>>;

/** The catalogue: what metrics are called, in what unit, and what may be said of their readings. */
@Injectable()
export class MetricsService {
  readonly #counts = new Map<string, { at: number; counts: Counts }>();

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async list(call: Call<typeof routes.listMetrics>) {
    const { tenantId } = call.principal;
    const counts = await this.#countsOf(tenantId);
    const rows = await this.database.tenant(tenantId, (tx) => metricStore.list(tx));
    return { items: rows.map((row) => toMetric(row, counts)) };
  }

  async get(call: Call<typeof routes.getMetric>) {
    const { metricKey } = call.params;
    const { tenantId } = call.principal;
    const row = await this.database.tenant(tenantId, (tx) => metricStore.find(tx, metricKey));
    if (row === null) throw Refusal.notFound('metric', metricKey);
    return withEtag(toMetric(row, await this.#countsOf(tenantId)), row.version);
  }

  /** What is left out stays. Saying the same again changes nothing and is not recorded. */
  async describe(call: Call<typeof routes.describeMetric>) {
    const { principal, params, body, ifMatch, requestId } = call;
    const row = await this.database.insist(principal.tenantId, async (tx) => {
      if (ifMatch !== null) await requireVersion(tx, params.metricKey, ifMatch);
      const target = body.aliasOf ?? null;
      const locked = await metricStore.lock(tx, target === null ? [params.metricKey] : [params.metricKey, target]);
      const before = locked.get(params.metricKey)!;
      if (ifMatch !== null && ifMatch !== before.version) throw Refusal.stale(before.version);
      const known = MetricFacts.strip().parse(before);
      const facts = { ...known, ...body };
      const aliasOf = await aliasIdOf(tx, before, facts.aliasOf, locked);
      const faults = faultsOf(facts);
      if (faults.length > 0) throw new Refusal('validation_failed', undefined, undefined, faults);
      if (isSame(known, facts)) return before;
      await metricStore.describe(tx, before.id, facts, aliasOf);
      await audit.append(tx, {
        actor: actorOf(principal),
        action: 'metric.described',
        resource: `metric:${params.metricKey}`,
        before: known,
        after: facts,
        requestId,
      });
      return (await metricStore.find(tx, params.metricKey))!;
    });
    return withEtag(toMetric(row, await this.#countsOf(principal.tenantId)), row.version);
  }

  #countsOf(tenantId: string): Counts {
    const now = this.clock.monotonic();
    const known = this.#counts.get(tenantId);
    if (known && now - known.at < COUNTS_MS) return known.counts;
    if (this.#counts.size > MOST_TENANTS) this.#counts.clear();
    const counts = this.database.tenant(tenantId, (tx) => metricStore.seriesCounts(tx));
    this.#counts.set(tenantId, { at: now, counts });
    counts.catch(() => this.#counts.delete(tenantId));
    return counts;
  }
}

/** A metric nobody knows has no version yet, so none can match; it must not enter the catalogue by asking. */
const requireVersion = async (tx: Tx, key: string, version: number): Promise<void> => {
  const row = await metricStore.find(tx, key);
  if (row?.version !== version) throw Refusal.stale(row?.version);
};

const faultsOf = ({ low, high, kind, wrapAt, factor }: MetricFacts): Fault[] => [
  ...(low !== null && high !== null && low >= high ? [{ pointer: '/body/low', message: 'must be below high' }] : []),
  ...(wrapAt !== null && kind !== 'counter' ? [{ pointer: '/body/wrapAt', message: 'is for counters alone' }] : []),
  ...(factor === 0 ? [{ pointer: '/body/factor', message: 'must not be 0: every reading would become the same' }] : []),
];

/** One step and no further: a reading is renamed once, or nobody could tell where it ends. */
const aliasIdOf = async (
  tx: Tx,
  metric: MetricRow,
  aliasOf: string | null,
  locked: ReadonlyMap<string, MetricRow>,
): Promise<number | null> => {
  if (aliasOf === null) return null;
  const target = locked.get(aliasOf) ?? (await metricStore.find(tx, aliasOf))!;
  const fault = (message: string) =>
    new Refusal('validation_failed', `/body/aliasOf ${message}.`, undefined, [{ pointer: '/body/aliasOf', message }]);
  if (target.id === metric.id) throw fault('must be another metric');
  if (target.aliasOf !== null) throw fault(`must not be an alias itself; it stands for ${target.aliasOf}`);
  const aliases = await metricStore.aliases(tx, metric.id);
  if (aliases.length > 0)
    throw new Refusal('conflict', 'Other keys stand for this metric, so it cannot stand for another.', { aliases });
  return target.id;
};

const isSame = (a: MetricFacts, b: MetricFacts): boolean =>
  Object.keys(a).every((key) => a[key as keyof MetricFacts] === b[key as keyof MetricFacts]);

const toMetric = ({ id, version, ...row }: MetricRow, counts: ReadonlyMap<number, number>): Metric => ({
  ...row,
  series: counts.get(id) ?? 0,
  etag: String(version),
});
