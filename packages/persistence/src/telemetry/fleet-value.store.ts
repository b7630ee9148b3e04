import type { Tx } from '../transaction.js';

export interface FleetFilter {
  readonly site?: string | undefined;
  readonly class?: string | undefined;
  /** `key=value`. */
  readonly label?: string | undefined;
}
export interface FleetValueRow {
  readonly deviceKey: number;
  readonly placeId: number;
  readonly deviceId: string;
  readonly deviceName: string;
  readonly site: string | null;
  readonly place: string | null;
  readonly asset: string | null;
  readonly value: number | null;
  readonly at: Date;
}

/** Newest values over a fleet: never from messages. Tenant transactions. */
export const fleetValueStore = {
  /** Those of one metric in the order of the key, after `after` (device key, place); devices given up are left out. */
  list(
    tx: Tx,
    metric: number,
    filter: FleetFilter,
    after: readonly [number, number] | null,
    limit: number,
  ): Promise<FleetValueRow[]> {
    const params: unknown[] = [metric, limit];
    const conditions = conditionsOf(filter, after, (value) => `$${params.push(value)}`);
    return tx.query<FleetValueRow>(
      `select l.device_key as "deviceKey", l.place_id as "placeId", d.id as "deviceId", d.name as "deviceName", d.site,
         p.path as place, p.asset, l.value, l.at
       from latest_values l join devices d on d.device_key = l.device_key left join places p on p.id = l.place_id
       where ${conditions.join(' and ')}
       order by l.device_key, l.place_id limit $2`,
      params,
    );
  },
};

const conditionsOf = (
  { site, class: name, label }: FleetFilter,
  after: readonly [number, number] | null,
  bind: (value: unknown) => string,
): string[] => {
  const conditions = ['l.metric = $1', `d.state not in ('decommissioning', 'decommissioned')`];
  if (after !== null) conditions.push(`(l.device_key, l.place_id) > (${bind(after[0])}, ${bind(after[1])})`);
  if (site !== undefined) conditions.push(`d.site = ${bind(site)}`);
  if (name !== undefined) conditions.push(`d.class = ${bind(name)}`);
  if (label !== undefined) {
    const at = label.indexOf('=');
    conditions.push(`d.labels @> ${bind(JSON.stringify({ [label.slice(0, at)]: label.slice(at + 1) }))}::jsonb`);
  }
  return conditions;
};
