import { Statements } from './statements.js';

const rollup = (name: string) => `create table ${name} (
  device_key int not null,
  place_id int not null default 0,
  metric int not null,
  bucket timestamptz not null,
  n int not null,
  sum float8 not null,
  min float8 not null,
  max float8 not null,
  first float8 not null,
  first_at timestamptz not null,
  last float8 not null,
  last_at timestamptz not null,
  delta float8,
  resets int not null default 0,
  bad int not null default 0,
  primary key (device_key, place_id, metric, bucket))`;

/**
 * Days and weeks beside hours (UTC; a week starts on Monday), what counters went up by, and how many readings were left out
 * as unusable. `delta` is null for gauges.
 */
export class RollupSpans1763700000020 extends Statements {
  readonly forward = [
    `alter table telemetry_hourly
      add column first float8,
      add column first_at timestamptz,
      add column delta float8,
      add column resets int not null default 0,
      add column bad int not null default 0`,
    'alter table telemetry_hourly no force row level security',
    'update telemetry_hourly set first = last, first_at = last_at',
    'alter table telemetry_hourly force row level security',
    'alter table telemetry_hourly alter column first set not null, alter column first_at set not null',
    rollup('telemetry_daily'),
    rollup('telemetry_weekly'),
    `create table rollup_dirty_days (
      device_key int not null,
      bucket timestamptz not null,
      marked_at timestamptz not null default now(),
      primary key (device_key, bucket))`,
    'create index rollup_dirty_days_by_bucket on rollup_dirty_days (bucket)',
    ...['telemetry_daily', 'telemetry_weekly'].flatMap((table) => [
      `alter table ${table} enable row level security`,
      `alter table ${table} force row level security`,
      `create policy own_device on ${table} using (exists (select from devices d where d.device_key = ${table}.device_key))`,
      `grant select on ${table} to muster_app`,
      `grant select, insert, update, delete on ${table} to muster_system`,
    ]),
    'grant select, insert, update, delete on rollup_dirty_days to muster_system',
  ];

  readonly back = [
    'drop table rollup_dirty_days, telemetry_weekly, telemetry_daily',
    `alter table telemetry_hourly drop column first, drop column first_at, drop column delta, drop column resets, drop column bad`,
  ];
}
