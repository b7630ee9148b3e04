import { oneOf, Statements, secure } from './statements.js';

/**
 * What was found unlike itself, what is usual for each series, and which devices have new hours to be looked at.
 * `metric` and `place_id` are 0 where a finding speaks of the device. `profile` is null for a series that is too young.
 */
export class Anomalies1763700000024 extends Statements {
  readonly forward = [
    `create table anomalies (
      id uuid primary key,
      tenant_id text not null references tenants,
      device_key int not null references devices (device_key) on delete cascade,
      place_id int not null default 0,
      metric int not null default 0,
      kind text not null ${oneOf('kind', 'stuck', 'spike', 'drift', 'anomaly', 'flood')},
      state text not null ${oneOf('state', 'open', 'closed')},
      since timestamptz not null,
      last_seen_at timestamptz not null,
      closed_at timestamptz,
      score float8,
      observed float8,
      expected float8,
      sentence text not null)`,
    // One finding a series and kind, whoever looks and however often.
    `create unique index anomalies_open_unique on anomalies (device_key, place_id, metric, kind) where state = 'open'`,
    'create index anomalies_by_series on anomalies (device_key, place_id, metric, since)',
    'create index anomalies_by_age on anomalies (tenant_id, id)',
    `create index anomalies_open_by_age on anomalies (tenant_id, id) where state = 'open'`,
    'create index anomalies_by_device on anomalies (device_key, id)',
    `create table series_baselines (
      device_key int not null references devices (device_key) on delete cascade,
      place_id int not null default 0,
      metric int not null,
      next_at timestamptz not null,
      profile jsonb,
      days jsonb,
      primary key (device_key, place_id, metric))`,
    `create table anomaly_looks (
      device_key int primary key,
      due_from timestamptz,
      judged_until timestamptz) with (fillfactor = 70)`,
    'create index anomaly_looks_due on anomaly_looks (due_from) where due_from is not null',
    ...secure('anomalies'),
    'grant select on anomalies to muster_app',
    'grant select, insert, update, delete on anomalies, series_baselines, anomaly_looks to muster_system',
  ];

  readonly back = ['drop table anomaly_looks, series_baselines, anomalies'];
}
