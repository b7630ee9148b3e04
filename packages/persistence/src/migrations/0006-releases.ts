import { oneOf, Statements, secure } from './statements.js';

/** Artifacts, releases, and the history of what each device confirmed. */
export class Releases1763700000006 extends Statements {
  readonly forward = [
    `create table artifacts (
      tenant_id text not null references tenants,
      id uuid not null,
      name text not null,
      size bigint not null check (size > 0),
      sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
      received bigint not null default 0,
      state text not null default 'uploading' ${oneOf('state', 'uploading', 'complete')},
      media_type text not null default 'application/octet-stream',
      created_by text not null,
      created_at timestamptz not null default now(),
      primary key (tenant_id, id),
      check (received between 0 and size))`,
    'create index artifacts_by_digest on artifacts (tenant_id, sha256)',
    `create table releases (
      tenant_id text not null references tenants,
      id uuid not null,
      name text not null,
      version text not null,
      models text[] not null,
      artifact_id uuid not null,
      state text not null default 'draft' ${oneOf('state', 'draft', 'signed', 'published', 'revoked')},
      rollback_index int not null default 0,
      notes text,
      manifest jsonb,
      manifest_jws text,
      created_by text not null,
      created_at timestamptz not null default now(),
      signed_at timestamptz,
      published_at timestamptz,
      revoked_at timestamptz,
      etag int not null default 1,
      primary key (tenant_id, id),
      constraint releases_version_unique unique (tenant_id, name, version),
      foreign key (tenant_id, artifact_id) references artifacts)`,
    `create table device_releases (
      tenant_id text not null,
      device_id uuid not null,
      n int not null,
      release_id uuid,
      version text not null,
      confirmed_at timestamptz not null,
      campaign_id uuid,
      primary key (tenant_id, device_id, n),
      foreign key (tenant_id, device_id) references devices on delete cascade,
      foreign key (tenant_id, release_id) references releases)`,
    'alter table devices add foreign key (tenant_id, firmware_release_id) references releases',
    ...secure('artifacts', 'releases', 'device_releases'),
  ];

  readonly back = [
    'alter table devices drop constraint devices_tenant_id_firmware_release_id_fkey',
    'drop table device_releases, releases, artifacts',
  ];
}
