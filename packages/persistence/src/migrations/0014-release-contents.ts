import { oneOf, Statements, secure } from './statements.js';

/** What a release demands of a device, who signed and published it, what it is made of, and the deltas that lead to it. */
export class ReleaseContents1763700000014 extends Statements {
  readonly forward = [
    `alter table releases
      add column hardware_revisions text[] not null default '{}',
      add column min_version text,
      add column pass_through boolean not null default false,
      add column support_until timestamptz,
      add column signed_by text,
      add column signed_by_id text,
      add column published_by text`,
    `create table sboms (
      tenant_id text not null,
      release_id uuid not null,
      format text not null ${oneOf('format', 'cyclonedx', 'spdx')},
      spec_version text not null,
      sha256 text not null,
      document bytea not null,
      components int not null,
      created_by text not null,
      created_at timestamptz not null,
      primary key (tenant_id, release_id),
      foreign key (tenant_id, release_id) references releases on delete cascade)`,
    `create table sbom_components (
      tenant_id text not null,
      release_id uuid not null,
      n int not null,
      name text not null,
      name_key text not null,
      version text,
      purl text,
      type text,
      licenses text[] not null default '{}',
      primary key (tenant_id, release_id, n),
      foreign key (tenant_id, release_id) references sboms on delete cascade)`,
    // A key of its own: lower() is not leakproof, so under row security an index over it is never used.
    'create index sbom_components_by_name on sbom_components (tenant_id, name_key, version)',
    `create table deltas (
      tenant_id text not null,
      id uuid not null,
      campaign_id uuid,
      from_release_id uuid not null,
      to_release_id uuid not null,
      state text not null default 'wanted' ${oneOf('state', 'wanted', 'kept', 'dropped', 'failed')},
      reason_code text,
      size bigint,
      sha256 text,
      created_at timestamptz not null,
      finished_at timestamptz,
      primary key (tenant_id, id),
      constraint deltas_pair_unique unique (tenant_id, from_release_id, to_release_id),
      foreign key (tenant_id, from_release_id) references releases,
      foreign key (tenant_id, to_release_id) references releases)`,
    `create index deltas_wanted on deltas (created_at) where state = 'wanted'`,
    ...secure('sboms', 'sbom_components', 'deltas'),
    'grant select, insert, update, delete on sboms, sbom_components, deltas to muster_app, muster_system',
  ];

  readonly back = [
    'drop table deltas, sbom_components, sboms',
    `alter table releases drop column hardware_revisions, drop column min_version, drop column pass_through,
      drop column support_until, drop column signed_by, drop column signed_by_id, drop column published_by`,
  ];
}
