import { oneOf, Statements, secure } from './statements.js';

/** Desired and reported documents, their differences, and the golden configs they are rendered from. */
export class TwinsAndConfigs1763700000003 extends Statements {
  readonly forward = [
    `create table twins (
      tenant_id text not null,
      device_id uuid not null,
      desired jsonb not null default '{}',
      desired_version bigint not null default 0,
      desired_at timestamptz,
      reported jsonb not null default '{}',
      reported_version bigint not null default 0,
      reported_at timestamptz,
      acked_version bigint not null default 0,
      ack jsonb,
      primary key (tenant_id, device_id),
      foreign key (tenant_id, device_id) references devices on delete cascade)`,
    `create table drifts (
      tenant_id text not null,
      device_id uuid not null,
      path text not null,
      class text not null ${oneOf('class', 'unacknowledged', 'rejected', 'diverged', 'unmanaged', 'invalid', 'stale')},
      desired jsonb,
      reported jsonb,
      cause text,
      since timestamptz not null,
      primary key (tenant_id, device_id, path),
      foreign key (tenant_id, device_id) references devices on delete cascade)`,
    'create index drifts_by_age on drifts (tenant_id, since, device_id, path)',
    `create table golden_configs (
      tenant_id text not null references tenants,
      id uuid not null,
      name text not null,
      layer text not null ${oneOf('layer', 'class', 'group', 'device')},
      selector jsonb not null default '{}',
      version int not null default 1,
      created_by text not null,
      created_at timestamptz not null default now(),
      primary key (tenant_id, id),
      constraint golden_configs_name_unique unique (tenant_id, name))`,
    `create table golden_config_versions (
      tenant_id text not null,
      config_id uuid not null,
      number int not null,
      state text not null default 'draft' ${oneOf('state', 'draft', 'published')},
      document jsonb not null,
      notes text,
      created_by text not null,
      created_at timestamptz not null default now(),
      published_at timestamptz,
      primary key (tenant_id, config_id, number),
      foreign key (tenant_id, config_id) references golden_configs on delete cascade)`,
    ...secure('twins', 'drifts', 'golden_configs', 'golden_config_versions'),
  ];

  readonly back = ['drop table golden_config_versions, golden_configs, drifts, twins'];
}
