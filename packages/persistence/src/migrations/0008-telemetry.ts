import { oneOf, Statements, secure } from './statements.js';

const throughDevice = (table: string) => [
  `alter table ${table} enable row level security`,
  `alter table ${table} force row level security`,
  `create policy own_device on ${table} using (exists (select from devices d where d.device_key = ${table}.device_key))`,
];

/**
 * Messages (telemetry and heartbeats) by time, their rollups, the catalogue of metrics, and what could not be stored.
 * The day partitions between the two permanent ones are made by `partitions`, not here: they depend on the date.
 */
export class Telemetry1763700000008 extends Statements {
  readonly forward = [
    `create table metrics (
      id int generated always as identity primary key,
      tenant_id text not null references tenants,
      key text not null,
      unit text,
      title text,
      constraint metrics_key_unique unique (tenant_id, key))`,
    `create table places (
      id int generated always as identity primary key,
      tenant_id text not null references tenants,
      device_key int not null references devices (device_key) on delete cascade,
      path text not null,
      asset text,
      constraint places_path_unique unique (device_key, path))`,
    // No id, no foreign key, no further index: each costs a third of the ingest rate or more.
    `create table messages (
      device_key int not null,
      produced_at timestamptz not null,
      seq_no bigint not null,
      kind smallint not null,
      place_id int,
      received_at timestamptz not null,
      schema_version smallint not null,
      corrected_at timestamptz,
      flags int not null default 0,
      dt_ms int[] not null default '{}',
      metric int[] not null default '{}',
      value float8[] not null default '{}',
      extra jsonb,
      primary key (device_key, produced_at, seq_no, kind)) partition by range (produced_at)`,
    `create table latest_values (
      device_key int not null references devices (device_key) on delete cascade,
      place_id int not null default 0,
      metric int not null,
      tenant_id text not null,
      at timestamptz not null,
      value float8,
      primary key (device_key, place_id, metric)) with (fillfactor = 50)`,
    `create table telemetry_hourly (
      device_key int not null,
      place_id int not null default 0,
      metric int not null,
      bucket timestamptz not null,
      n int not null,
      sum float8 not null,
      min float8 not null,
      max float8 not null,
      last float8 not null,
      last_at timestamptz not null,
      primary key (device_key, place_id, metric, bucket))`,
    `create table rollup_dirty (
      device_key int not null,
      bucket timestamptz not null,
      marked_at timestamptz not null default now(),
      primary key (device_key, bucket))`,
    'create index rollup_dirty_by_bucket on rollup_dirty (bucket)',
    `create table dead_letters (
      id uuid primary key,
      received_at timestamptz not null,
      tenant_id text,
      device_id uuid,
      topic text not null,
      reason text not null,
      detail text,
      body bytea not null,
      state text not null default 'open' ${oneOf('state', 'open', 'replayed', 'dropped')},
      resolved_by text,
      resolved_at timestamptz)`,
    'create index dead_letters_by_age on dead_letters (tenant_id, state, id)',
    ...secure('metrics', 'places', 'latest_values', 'dead_letters'),
    ...throughDevice('messages'),
    ...throughDevice('telemetry_hourly'),
    // Partitions come and go while the worker runs, and the worker does not hold the owner's password.
    'grant create on schema public to muster_system',
    'alter table messages owner to muster_system',
  ];

  readonly back = [
    'drop table dead_letters, rollup_dirty, telemetry_hourly, latest_values, messages, places, metrics',
    'revoke create on schema public from muster_system',
  ];
}
