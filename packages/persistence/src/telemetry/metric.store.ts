import type { MetricFacts } from '@muster/contracts/telemetry/metrics.schema';
import { readMetricKey } from '@muster/domain/telemetry/read-metric-key';
import type { Tx } from '../transaction.js';

export interface MetricRow extends MetricFacts {
  readonly id: number;
  readonly key: string;
  readonly version: number;
}

const columns = `m.id, m.key, m.title, m.unit, m.kind, m.low, m.high, m.wrap_at as "wrapAt", m.stuck_after_s as "stuckAfterS",
  (select t.key from metrics t where t.id = m.alias_of) as "aliasOf", m.factor, m.shift, m.personal, m.version`;

/** The catalogue of metrics as people read and write it. Tenant transactions. */
export const metricStore = {
  list(tx: Tx): Promise<MetricRow[]> {
    return tx.query<MetricRow>(`select ${columns} from metrics m order by m.key limit 10000`);
  },

  async find(tx: Tx, key: string): Promise<MetricRow | null> {
    const [row] = await tx.query<MetricRow>(`select ${columns} from metrics m where m.key = $1`, [key]);
    return row ?? null;
  },

  /** The metrics of `keys` by key, locked until the transaction ends; those nobody has sent yet enter the catalogue. */
  async lock(tx: Tx, keys: readonly string[]): Promise<Map<string, MetricRow>> {
    const read = keys.map((key) => readMetricKey(key));
    await tx.execute(
      `insert into metrics (tenant_id, key, unit, kind) select $1, k, u, d from unnest($2::text[], $3::text[], $4::text[]) n(k, u, d)
       where not exists (select from metrics where tenant_id = $1 and key = k) order by k on conflict do nothing`,
      [tx.tenantId, keys, read.map(({ unit }) => unit), read.map(({ kind }) => kind)],
    );
    const rows = await tx.query<MetricRow>(
      `select ${columns} from metrics m where m.key = any($1) order by m.key for update of m`,
      [keys],
    );
    return new Map(rows.map((row) => [row.key, row]));
  },

  /** Keys that stand for a metric. */
  async aliases(tx: Tx, id: number): Promise<string[]> {
    const rows = await tx.query<{ key: string }>('select key from metrics where alias_of = $1 order by key', [id]);
    return rows.map(({ key }) => key);
  },

  /** Keeps what is said of a locked metric, as its next version; the processes that ingest learn it at commit, from a trigger. */
  async describe(tx: Tx, id: number, facts: MetricFacts, aliasOf: number | null): Promise<void> {
    await tx.execute(
      `update metrics set title = $2, unit = $3, kind = $4, low = $5, high = $6, wrap_at = $7, stuck_after_s = $8, alias_of = $9,
         factor = $10, shift = $11, personal = $12, version = version + 1 where id = $1`,
      [
        id,
        facts.title,
        facts.unit,
        facts.kind,
        facts.low,
        facts.high,
        facts.wrapAt,
        facts.stuckAfterS,
        aliasOf,
        facts.factor,
        facts.shift,
        facts.personal,
      ],
    );
  },

  /** How many series there are by metric id: one pass over the tenant's newest values. */
  async seriesCounts(tx: Tx): Promise<Map<number, number>> {
    const rows = await tx.query<{ metric: number; n: number }>(
      'select metric, count(*)::int as n from latest_values where tenant_id = $1 group by metric',
      [tx.tenantId],
    );
    return new Map(rows.map(({ metric, n }) => [metric, n]));
  },
};
