import { readMetricKey } from '@muster/domain/telemetry/read-metric-key';
import type { Tx } from '../transaction.js';

/** Told with the tenant whenever one of its metrics was described anew. */
export const metricsChannel = 'muster_metrics';

/** Metrics one tenant may have: a device that makes up names must not fill the catalogue without end. */
export const MOST_METRICS = 20_000;

/** Places one device may have, for the same reason: each has newest values of its own, which nothing removes. */
export const MOST_PLACES = 2_000;

/** What the ingest must know of a metric. For an alias, `id` and range are those of the metric it stands for. */
export interface MetricRuleRow {
  readonly key: string;
  readonly id: number;
  readonly alias: boolean;
  readonly factor: number;
  readonly shift: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly stuckAfterS: number | null;
}

/** The catalogue of metrics and places as the ingest reads it. Needs a system transaction. */
export const catalogueStore = {
  /** The rules of `keys`, in any order; keys that are new enter the tenant's catalogue, while it is not full. */
  async rules(tx: Tx, tenant: string, keys: readonly string[]): Promise<MetricRuleRow[]> {
    // Only what is missing is inserted: a conflict, too, would use up an id.
    const read = keys.map((key) => readMetricKey(key));
    await tx.execute(
      `insert into metrics (tenant_id, key, unit, kind)
       select distinct on (k) $1, k, u, d from unnest($2::text[], $3::text[], $4::text[]) n(k, u, d)
       where not exists (select from metrics where tenant_id = $1 and key = k)
         and (select count(*) from metrics where tenant_id = $1) < ${MOST_METRICS} order by k on conflict do nothing`,
      [tenant, keys, read.map(({ unit }) => unit), read.map(({ kind }) => kind)],
    );
    return tx.query<MetricRuleRow>(
      `select m.key, t.id, m.alias_of is not null as alias, m.factor, m.shift, t.low, t.high, t.stuck_after_s as "stuckAfterS"
       from metrics m join metrics t on t.id = coalesce(m.alias_of, m.id) where m.tenant_id = $1 and m.key = any($2)`,
      [tenant, keys],
    );
  },

  /** Id of a place, made when it is new; a given asset replaces the known one. Null when the device has too many. */
  async placeId(
    tx: Tx,
    place: {
      readonly tenant: string;
      readonly deviceKey: number;
      readonly path: string;
      readonly asset: string | null;
    },
  ): Promise<number | null> {
    const [row] = await tx.query<{ id: number }>(
      `insert into places (tenant_id, device_key, path, asset) select $1::text, $2::int, $3::text, $4::text
       where exists (select from places where device_key = $2 and path = $3)
         or (select count(*) from places where device_key = $2) < ${MOST_PLACES}
       on conflict (device_key, path) do update set asset = coalesce(excluded.asset, places.asset) returning id`,
      [place.tenant, place.deviceKey, place.path, place.asset],
    );
    return row?.id ?? null;
  },

  /** Gives a device the places of another, with what stands there. */
  async copyPlaces(tx: Tx, fromKey: number, toKey: number): Promise<void> {
    await tx.execute(
      `insert into places (tenant_id, device_key, path, asset) select tenant_id, $2::int, path, asset from places
       where device_key = $1 order by id on conflict do nothing`,
      [fromKey, toKey],
    );
  },
};
