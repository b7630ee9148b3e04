import { defaultRetention, type RetentionPolicy } from '@muster/contracts/telemetry/retention.schema';
import { doneKey, type RetentionScope } from '@muster/telemetry/retention-plan';
import type { Tx } from '../transaction.js';
import { known, type Partitioned } from './partitioned.js';

const columns = `nullif(class, '') as class, raw_days as "rawDays", hourly_days as "hourlyDays",
  warm_after_days as "warmAfterDays", archive`;

/** A scope with the classes of its tenant that have policies of their own. */
export interface DeviceScope extends RetentionScope {
  readonly except: readonly string[];
}

/** SQL of the devices of a scope; `$first` and the two parameters after it are those of `paramsOf`. */
const ofScope = (first: number): string =>
  `d.tenant_id = $${first} and ($${first + 1}::text is null or d.class = $${first + 1}) and d.class <> all($${first + 2}::text[])`;
const paramsOf = ({ tenant, class: name, except }: DeviceScope): unknown[] => [
  tenant,
  name,
  name === null ? except : [],
];

/**
 * A restore puts rows back whose time has passed. They are left alone until it has ended: those of the day it is named
 * for, by either of their times.
 */
const restored = `exists (select from archives a where a.tenant_id = d.tenant_id and a.state in ('restoring', 'restored')
  and a.day in ((m.produced_at at time zone 'utc')::date, (coalesce(m.corrected_at, m.produced_at) at time zone 'utc')::date))`;

export const retentionStore = {
  /** The tenant's own, without a class first; the default where it has none. */
  async policies(tx: Tx): Promise<RetentionPolicy[]> {
    const rows = await tx.query<RetentionPolicy>(`select ${columns} from retention_policies order by 1 nulls first`);
    return rows[0]?.class === null ? rows : [{ class: null, ...defaultRetention }, ...rows];
  },

  /** Names of the tenant's classes of devices. */
  async classes(tx: Tx): Promise<Set<string>> {
    const rows = await tx.query<{ name: string }>('select name from device_classes');
    return new Set(rows.map(({ name }) => name));
  },

  async replace(tx: Tx, policies: readonly RetentionPolicy[]): Promise<void> {
    await tx.execute('delete from retention_policies where tenant_id = $1', [tx.tenantId]);
    for (const one of policies)
      await tx.execute('insert into retention_policies values ($1, $2, $3, $4, $5, $6)', [
        tx.tenantId,
        one.class ?? '',
        one.rawDays,
        one.hourlyDays,
        one.warmAfterDays,
        one.archive,
      ]);
  },

  /** Whom policies are for, across tenants; every tenant has one without a class. */
  async scopes(tx: Tx): Promise<DeviceScope[]> {
    const rows = await tx.query<RetentionScope>(
      `select t.id as tenant, ${columns} from tenants t join retention_policies p on p.tenant_id = t.id
       union all
       select t.id, null, $1, $2, $3, $4 from tenants t
       where not exists (select from retention_policies p where p.tenant_id = t.id and p.class = '')
       order by tenant, class nulls first`,
      [defaultRetention.rawDays, defaultRetention.hourlyDays, defaultRetention.warmAfterDays, defaultRetention.archive],
    );
    const classes = Map.groupBy(rows, ({ tenant }) => tenant);
    return rows.map((row) => ({
      ...row,
      except: classes.get(row.tenant)!.flatMap(({ class: name }) => (name === null ? [] : [name])),
    }));
  },

  /** Days and months that a restored archive lies in, as `YYYY-MM-DD`. */
  async heldDays(tx: Tx): Promise<Set<string>> {
    const rows = await tx.query<{ day: string }>(
      `select distinct day::text as day from archives where state in ('restoring', 'restored')`,
    );
    return new Set(rows.map(({ day }) => day));
  },

  /** By `doneKey`: how many rows the part had taken when what ended was removed from it. */
  async done(tx: Tx): Promise<Map<string, number>> {
    const rows = await tx.query<{ part: string; tenant: string; class: string | null; inserted: number }>(
      `select part, tenant_id as tenant, nullif(class, '') as class, inserted from retention_done`,
    );
    return new Map(rows.map((row) => [doneKey(row.part, row), row.inserted]));
  },

  /** `inserted` as it was before the removal began. */
  async markDone(tx: Tx, part: string, { tenant, class: name }: RetentionScope, inserted: number): Promise<void> {
    await tx.execute(
      `insert into retention_done (part, tenant_id, class, inserted) values ($1, $2, $3, $4)
       on conflict (part, tenant_id, class) do update set inserted = excluded.inserted, done_at = now()`,
      [part, tenant, name ?? '', inserted],
    );
  },

  async forgetDone(tx: Tx, part: string): Promise<void> {
    await tx.execute('delete from retention_done where part = $1', [part]);
  },

  /** Said before raw rows go: aggregates of hours before it must not be computed again from what is left. It never goes back. */
  async noteRawEnded(tx: Tx, { tenant, class: name }: RetentionScope, before: Date): Promise<void> {
    await tx.execute(
      `insert into raw_ended (tenant_id, class, before) values ($1, $2, $3)
       on conflict (tenant_id, class) do update set before = excluded.before where excluded.before > raw_ended.before`,
      [tenant, name ?? '', before],
    );
  },

  /**
   * Those of `hours` that may be computed from raw messages: not what was computed before and whose messages have been let
   * go since, because a late message alone would take the place of all of them.
   */
  async computable<T extends { readonly deviceKey: number; readonly bucket: Date }>(
    tx: Tx,
    hours: readonly T[],
  ): Promise<T[]> {
    const rows = await tx.query<{ key: number; bucket: Date }>(
      `select u.d as key, u.b as bucket from unnest($1::int[], $2::timestamptz[]) u(d, b)
       join devices d on d.device_key = u.d
       left join raw_ended own on own.tenant_id = d.tenant_id and own.class = d.class
       left join raw_ended whole on whole.tenant_id = d.tenant_id and whole.class = ''
       where u.b < coalesce(own.before, whole.before)
         and exists (select from telemetry_hourly h where h.device_key = u.d and h.bucket = u.b)`,
      [hours.map(({ deviceKey }) => deviceKey), hours.map(({ bucket }) => bucket)],
    );
    const settled = new Set(rows.map(({ key, bucket }) => `${key}/${bucket.getTime()}`));
    return hours.filter(({ deviceKey, bucket }) => !settled.has(`${deviceKey}/${bucket.getTime()}`));
  },

  /** The next keys of a scope's devices after `after`, in order. */
  async devicesOf(tx: Tx, scope: DeviceScope, after: number, limit: number): Promise<number[]> {
    const rows = await tx.query<{ key: number }>(
      `select d.device_key as key from devices d where ${ofScope(3)} and d.device_key > $1 order by 1 limit $2`,
      [after, limit, ...paramsOf(scope)],
    );
    return rows.map(({ key }) => key);
  },

  /** Takes up to `limit` rows of the devices out of a part, into the table `into` unless that is null; returns how many. */
  async take(tx: Tx, part: string, into: string | null, deviceKeys: readonly number[], limit: number): Promise<number> {
    const doomed = `delete from ${known(part)} where ctid = any(array(
      select ctid from ${part} where device_key = any($1::int[]) limit $2))`;
    return tx.execute(moving(doomed, into), [deviceKeys, limit]);
  },

  /**
   * The day of the oldest row of a scope in the permanent part `from` that ended before `before`; null when there is none.
   * An index leads to it.
   */
  async oldestStray(tx: Tx, table: Partitioned, from: string, scope: DeviceScope, before: Date): Promise<Date | null> {
    const [row] = await tx.query<{ day: Date }>(
      `select date_trunc('day', ${table.endsBy}, 'utc') as day from ${known(from)} m join devices d using (device_key)
       where ${table.endsBy} < $1 and ${ofScope(2)} ${table.parent === 'messages' ? `and not ${restored}` : ''}
       order by ${table.endsBy} limit 1`,
      [before, ...paramsOf(scope)],
    );
    return row?.day ?? null;
  },

  /** Takes up to `limit` rows of a scope that end between two times out of a permanent part; returns how many. */
  async takeStrays(
    tx: Tx,
    table: Partitioned,
    stray: { from: string; into: string | null; after: Date; before: Date; scope: DeviceScope; limit: number },
  ): Promise<number> {
    const doomed = `delete from ${known(stray.from)} where ctid = any(array(
      select m.ctid from ${stray.from} m join devices d using (device_key)
      where ${table.endsBy} >= $1 and ${table.endsBy} < $2 and ${ofScope(4)}
        ${table.parent === 'messages' ? `and not ${restored}` : ''} order by ${table.endsBy} limit $3))`;
    return tx.execute(moving(doomed, stray.into), [stray.after, stray.before, stray.limit, ...paramsOf(stray.scope)]);
  },
};

const moving = (doomed: string, into: string | null): string =>
  into === null
    ? doomed
    : `with gone as (${doomed} returning *) insert into ${known(into)} select * from gone on conflict do nothing`;
