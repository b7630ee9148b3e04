import { oneOf, reason, Statements, secure } from './statements.js';

/**
 * Generations of authorities with their cross certificates, rollovers in steps that take two people, and trust bundles with
 * who acknowledged which.
 */
export class TrustGenerations1763700000032 extends Statements {
  readonly forward = [
    'alter table authorities drop constraint authorities_state_check',
    `update authorities set state = case state when 'next' then 'created' when 'active' then 'issuing'
       when 'retired' then 'retiring' else 'retired' end`,
    `alter table authorities
       alter column state set default 'issuing',
       add constraint authorities_state_check check (state in ('created', 'distributed', 'issuing', 'retiring', 'retired')),
       add column since timestamptz not null default now(),
       add column crl_shards int not null default 1 check (crl_shards in (1, 2, 4, 8, 16, 32, 64, 128, 256))`,
    'update authorities set since = created_at',
    `create unique index authorities_issuing_unique on authorities (coalesce(tenant_id, ''), kind) where state = 'issuing'`,
    `create table cross_certificates (
      subject_id uuid not null references authorities,
      issuer_id uuid not null references authorities,
      certificate_pem text not null,
      created_at timestamptz not null default now(),
      primary key (subject_id, issuer_id))`,
    `alter table signing_keys
       alter column key_ref drop not null,
       add column generation int not null default 1,
       add column since timestamptz not null default now(),
       add column since_bundle int`,
    'update signing_keys set since = created_at',
    `create unique index signing_keys_active_unique on signing_keys (tenant_id, purpose) where state = 'active'`,
    `create table rollovers (
      id uuid primary key,
      tenant_id text references tenants,
      kind text not null ${oneOf('kind', 'root', 'device')},
      from_id uuid not null references authorities,
      to_id uuid not null references authorities,
      state text not null default 'open' ${oneOf('state', 'open', 'done', 'rolled_back')},
      ${reason},
      share int not null default 0 check (share between 0 and 100),
      bundle int not null default 0,
      created_by text not null,
      created_at timestamptz not null default now(),
      version int not null default 1)`,
    `create unique index rollovers_open_unique on rollovers (coalesce(tenant_id, ''), kind) where state = 'open'`,
    `create table trust_changes (
      tenant_id text not null references tenants,
      id uuid not null,
      state text not null default 'proposed' ${oneOf('state', 'proposed', 'applied', 'denied', 'failed', 'expired')},
      input jsonb not null,
      summary text not null,
      comment text,
      requested_by text not null,
      requested_by_person text not null,
      requested_at timestamptz not null default now(),
      decided_by text,
      decided_at timestamptz,
      outcome text,
      expires_at timestamptz not null,
      primary key (tenant_id, id))`,
    `create table trust_bundles (
      tenant_id text not null references tenants,
      number int not null,
      jws text not null,
      reason text not null,
      roots text[] not null,
      kids text[] not null,
      created_at timestamptz not null default now(),
      primary key (tenant_id, number))`,
    `create table trust_acknowledgements (
      tenant_id text not null,
      device_id uuid not null,
      bundle int not null,
      at timestamptz not null default now(),
      primary key (tenant_id, device_id),
      foreign key (tenant_id, device_id) references devices on delete cascade)`,
    'create index trust_acknowledgements_by_bundle on trust_acknowledgements (tenant_id, bundle)',
    ...secure('trust_changes', 'trust_bundles', 'trust_acknowledgements'),
    ...['rollovers'].flatMap((table) => [
      `alter table ${table} enable row level security`,
      `alter table ${table} force row level security`,
      `create policy tenant_or_everyone on ${table} using (tenant_id is null or tenant_id = current_setting('muster.tenant', true))
        with check (tenant_id = current_setting('muster.tenant', true))`,
    ]),
    // An authority is public; who may see a cross certificate may see the authorities it joins.
    'grant select, insert, update, delete on cross_certificates, rollovers, trust_changes, trust_bundles, trust_acknowledgements to muster_system',
    'grant select on cross_certificates, rollovers to muster_app',
    'grant select, insert, update on trust_changes, trust_bundles, trust_acknowledgements to muster_app',
  ];

  readonly back = [
    'drop table trust_acknowledgements, trust_bundles, trust_changes, rollovers, cross_certificates',
    'drop index signing_keys_active_unique',
    'delete from signing_keys where key_ref is null',
    `alter table signing_keys alter column key_ref set not null, drop column generation, drop column since,
       drop column since_bundle`,
    'drop index authorities_issuing_unique',
    'alter table authorities drop constraint authorities_state_check',
    `update authorities set state = case state when 'created' then 'next' when 'distributed' then 'next'
       when 'issuing' then 'active' when 'retiring' then 'retired' else 'revoked' end`,
    `alter table authorities alter column state set default 'active', drop column since, drop column crl_shards,
       add constraint authorities_state_check check (state in ('next', 'active', 'retired', 'revoked'))`,
  ];
}
