import { oneOf, Statements } from './statements.js';

const tenantOnly = (table: string) => [
  `alter table ${table} enable row level security`,
  `alter table ${table} force row level security`,
  `create policy tenant_only on ${table} using (tenant_id = current_setting('muster.tenant', true))`,
];

const ownDevice = [
  'alter table telemetry_hourly enable row level security',
  'alter table telemetry_hourly force row level security',
  `create policy own_device on telemetry_hourly
     using (exists (select from devices d where d.device_key = telemetry_hourly.device_key))`,
];

/**
 * What is kept for how long, what is archived, what was ordered to be removed, and hourly rollups in months, so that
 * their end is a drop. The months, as the days of `messages`, are made by `partitions`, because they depend on the date;
 * what was there stays in one table that lies before them.
 */
export class TiersAndRetention1763700000021 extends Statements {
  readonly forward = [
    `create table retention_policies (
      tenant_id text not null references tenants,
      class text not null default '',
      raw_days int not null,
      hourly_days int not null,
      warm_after_days int not null,
      archive boolean not null,
      primary key (tenant_id, class))`,
    `create table retention_done (
      part text not null,
      tenant_id text not null references tenants,
      class text not null default '',
      done_at timestamptz not null default now(),
      primary key (part, tenant_id, class))`,
    `create table raw_ended (
      tenant_id text not null references tenants,
      class text not null default '',
      before timestamptz not null,
      primary key (tenant_id, class))`,
    `create table archives (
      id uuid primary key,
      tenant_id text not null references tenants,
      day date not null,
      source text not null,
      state text not null ${oneOf('state', 'writing', 'kept', 'restoring', 'restored', 'failed')},
      rows bigint not null default 0,
      bytes bigint not null default 0,
      sha256 text,
      manifest_sha256 text,
      manifest_bytes bigint,
      device_keys int[] not null,
      checked_at timestamptz,
      restored_until timestamptz,
      detail text,
      created_at timestamptz not null default now())`,
    'create index archives_by_age on archives (tenant_id, day, id)',
    'create index archives_by_source on archives (source)',
    `create table purges (
      id uuid primary key,
      tenant_id text not null references tenants,
      device_id uuid,
      reason text not null,
      requested_by text not null,
      requested_at timestamptz not null,
      state text not null ${oneOf('state', 'queued', 'running', 'done', 'failed')},
      finished_at timestamptz,
      removed jsonb not null default '{}',
      detail text)`,
    'create index purges_by_age on purges (tenant_id, id)',
    ...['retention_policies', 'retention_done', 'raw_ended', 'archives', 'purges'].flatMap(tenantOnly),
    'grant select, insert, update, delete on retention_policies to muster_app',
    'grant select, insert on purges to muster_app',
    'grant select, update (state, restored_until, detail) on archives to muster_app',
    'grant select, insert, update, delete on retention_policies, retention_done, raw_ended, archives, purges to muster_system',

    // Every row that a partition takes while it is being rewritten goes into the copy too.
    `create function muster_mirror() returns trigger language plpgsql as $$
     begin
       execute format('insert into %I select ($1).* on conflict do nothing', tg_argv[0]) using new;
       return null;
     end $$`,

    'alter table telemetry_hourly no force row level security',
    'alter table telemetry_hourly disable row level security',
    'drop policy own_device on telemetry_hourly',
    'revoke all on telemetry_hourly from muster_app, muster_system',
    'alter table telemetry_hourly rename to telemetry_hourly_before',
    'alter table telemetry_hourly_before rename constraint telemetry_hourly_pkey to telemetry_hourly_before_pkey',
    'alter table telemetry_hourly_before owner to muster_system',
    `create table telemetry_hourly (like telemetry_hourly_before including defaults,
       primary key (device_key, place_id, metric, bucket)) partition by range (bucket)`,
    'alter table telemetry_hourly owner to muster_system',
    ...ownDevice,
    'grant select on telemetry_hourly to muster_app',
    'create index telemetry_hourly_before_time on telemetry_hourly_before (bucket)',
    // Attached without an upper bound; the first months take their place from it.
    'alter table telemetry_hourly attach partition telemetry_hourly_before for values from (minvalue) to (maxvalue)',
    `do $$ begin
       if to_regclass('messages_before') is not null then
         create index messages_before_time on messages_before ((coalesce(corrected_at, produced_at)));
         create index messages_after_time on messages_after ((coalesce(corrected_at, produced_at)));
       end if;
     end $$`,
  ];

  readonly back = [
    'create table telemetry_hourly_plain (like telemetry_hourly including defaults)',
    'insert into telemetry_hourly_plain select * from telemetry_hourly',
    'drop table telemetry_hourly',
    'alter table telemetry_hourly_plain rename to telemetry_hourly',
    `alter table telemetry_hourly add constraint telemetry_hourly_pkey primary key (device_key, place_id, metric, bucket)`,
    ...ownDevice,
    'grant select on telemetry_hourly to muster_app',
    'grant select, insert, update, delete on telemetry_hourly to muster_system',
    'drop function muster_mirror()',
    'drop table purges, archives, raw_ended, retention_done, retention_policies',
    'drop index if exists messages_before_time, messages_after_time',
  ];
}
