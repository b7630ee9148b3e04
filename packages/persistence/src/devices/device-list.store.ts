import type { DeviceQuery, Selector } from '@muster/contracts/devices/devices.schema';
import type { Tx } from '../transaction.js';
import { compileSelector } from './compile-selector.js';
import { certificateEndOf, type DeviceDetailRow, deviceColumns, driftCountOf, healthColumn } from './device.store.js';

export type DeviceFilter = Omit<DeviceQuery, 'pageSize' | 'pageToken' | 'sort'>;
export type DeviceSort = DeviceQuery['sort'];

export interface DeviceListRow
  extends Omit<
    DeviceDetailRow,
    | 'heartbeatS'
    | 'missedHeartbeats'
    | 'presenceSince'
    | 'connected'
    | 'desiredVersion'
    | 'reportedVersion'
    | 'ackedVersion'
    | 'lastKnownGood'
  > {
  /** What the next page starts after: the sort value exactly as the database holds it, then the id. */
  readonly sortKey: string;
}

/** Text that sorts as the database sorts; an id is minted in time order, so it stands for the time of creation. */
const sortColumns: Record<string, { column: string; type: string }> = {
  name: { column: 'd.name', type: 'text' },
  lastSeenAt: { column: `coalesce(s.last_seen_at, 'epoch'::timestamptz)`, type: 'timestamptz' },
  createdAt: { column: 'd.id', type: 'uuid' },
};

/** Enough of a count for a person; beyond it nobody reads the digits and everybody waits for them. */
export const COUNT_CAP = 200_000;

/** A page is cut before drift and certificates are looked up, so their cost is the page's and not the fleet's. */
const listColumns = `${deviceColumns}, d.presence, d.last_seen_at as "lastSeenAt", d.shown_health as health,
  ${driftCountOf} as "driftCount", ${certificateEndOf} as "certificateNotAfter"`;

const ALIVE = `d.state not in ('decommissioning', 'decommissioned')`;

/** Reads over the whole registry. */
export const deviceListStore = {
  /** One page after `after` ([sortKey, id] of the last row seen). */
  list(
    tx: Tx,
    filter: DeviceFilter,
    sort: DeviceSort,
    after: readonly [string, string] | null,
    limit: number,
  ): Promise<DeviceListRow[]> {
    const params: unknown[] = [];
    const conditions = conditionsOf(filter, params);
    const descending = sort.startsWith('-');
    const { column, type } = sortColumns[sort.replace('-', '')]!;
    if (after !== null)
      conditions.push(
        `(${column}, d.id) ${descending ? '<' : '>'} ($${params.push(after[0])}::${type}, $${params.push(after[1])}::uuid)`,
      );
    const direction = descending ? 'desc' : 'asc';
    return tx.query<DeviceListRow>(
      `select ${listColumns}, d.sort_key as "sortKey"
       from (
         select d.*, s.presence, s.last_seen_at, ${healthColumn} as shown_health, ${column}::text as sort_key
         from devices d join device_state s on s.device_key = d.device_key
         where ${conditions.join(' and ')}
         order by ${column} ${direction}, d.id ${direction} limit $${params.push(limit)}) d
       order by ${column.replace('s.', 'd.')} ${direction}, d.id ${direction}`,
      params,
    );
  },

  /** The first devices a selector matches, by name. */
  sample(tx: Tx, selector: Selector, limit: number): Promise<Omit<DeviceListRow, 'sortKey'>[]> {
    const params: unknown[] = [limit];
    return tx.query(
      `select ${listColumns} from (
         select d.*, s.presence, s.last_seen_at, ${healthColumn} as shown_health
         from devices d join device_state s on s.device_key = d.device_key
         where ${compileSelector(selector, params)} and ${ALIVE} order by d.name, d.id limit $1) d
       order by d.name, d.id`,
      params,
    );
  },

  /** How many match; null when there are more than anybody counts. */
  async count(tx: Tx, filter: DeviceFilter): Promise<number | null> {
    const params: unknown[] = [];
    const conditions = conditionsOf(filter, params);
    const [row] = await tx.query<{ n: number }>(
      `select count(*)::int as n from (
         select from devices d ${filter.presence === undefined ? '' : 'join device_state s on s.device_key = d.device_key'}
         where ${conditions.join(' and ')} limit ${COUNT_CAP + 1}) matching`,
      params,
    );
    return row!.n > COUNT_CAP ? null : row!.n;
  },

  /** Ids a selector matches, in id order after `afterId`; devices whose life is over are left out. */
  async select(tx: Tx, selector: Selector, afterId: string | null, limit: number): Promise<string[]> {
    const params: unknown[] = [afterId, limit];
    const rows = await tx.query<{ id: string }>(
      `select d.id from devices d
       where ${compileSelector(selector, params)} and ${ALIVE}
         and ($1::uuid is null or d.id > $1) order by d.id limit $2`,
      params,
    );
    return rows.map(({ id }) => id);
  },

  async countSelected(tx: Tx, selector: Selector): Promise<number> {
    const params: unknown[] = [];
    const [row] = await tx.query<{ n: number }>(
      `select count(*)::int as n from devices d
       where ${compileSelector(selector, params)} and ${ALIVE}`,
      params,
    );
    return row!.n;
  },
};

function conditionsOf(filter: DeviceFilter, params: unknown[]): string[] {
  const bind = (value: unknown): string => `$${params.push(value)}`;
  const equal = (column: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`${column} = ${bind(value)}`];
  return [
    ...(filter.state === undefined ? [`d.state <> 'decommissioned'`] : equal('d.state', filter.state)),
    ...equal('s.presence', filter.presence),
    ...equal('d.model', filter.model),
    ...equal('d.site', filter.site),
    ...equal('d.class', filter.class),
    ...equal('d.firmware_version', filter.firmware),
    ...labelCondition(filter.label, bind),
    ...driftCondition(filter.drifted),
    ...searchCondition(filter.q, bind),
  ];
}

const labelCondition = (label: string | undefined, bind: (value: unknown) => string): string[] => {
  if (label === undefined) return [];
  const at = label.indexOf('=');
  return [`d.labels @> ${bind(JSON.stringify({ [label.slice(0, at)]: label.slice(at + 1) }))}::jsonb`];
};

const driftCondition = (drifted: DeviceFilter['drifted']): string[] =>
  drifted === undefined
    ? []
    : [
        `${drifted === 'true' ? '' : 'not '}exists (select from drifts f
           where f.tenant_id = d.tenant_id and f.device_id = d.id and f.class <> 'unmanaged')`,
      ];

/** Prefix of name, serial or id, whatever its case. An id is compared as a range of uuids, which the index serves. */
const searchCondition = (q: string | undefined, bind: (value: unknown) => string): string[] => {
  const text = q?.trim().toLowerCase() ?? '';
  if (text === '') return [];
  const prefix = bind(text);
  const byText = `starts_with(lower(d.name), ${prefix}) or starts_with(lower(d.serial), ${prefix})`;
  const range = uuidRange(text);
  return range === null
    ? [`(${byText})`]
    : [`(${byText} or d.id between ${bind(range[0])}::uuid and ${bind(range[1])}::uuid)`];
};

const uuidRange = (prefix: string): [string, string] | null => {
  const digits = prefix.replaceAll('-', '');
  if (digits.length === 0 || digits.length > 32 || !/^[0-9a-f]+$/.test(digits)) return null;
  return [digits.padEnd(32, '0'), digits.padEnd(32, 'f')];
};
