import { oneOf, Statements, secure } from './statements.js';

/** Tenants, people, sessions and API keys. */
export class TenantsAndAccess1763700000001 extends Statements {
  readonly forward = [
    `create table tenants (
      id text primary key check (id ~ '^[a-z0-9-]{1,32}$'),
      name text not null,
      kill_switch_at timestamptz,
      created_at timestamptz not null default now())`,
    `create table users (
      id uuid primary key,
      email text not null constraint users_email_unique unique check (email = lower(email)),
      name text not null,
      created_at timestamptz not null default now())`,
    `create table memberships (
      tenant_id text not null references tenants,
      user_id uuid not null references users on delete cascade,
      role text not null ${oneOf('role', 'owner', 'admin', 'operator', 'release_manager', 'approver', 'auditor', 'viewer')},
      created_at timestamptz not null default now(),
      primary key (tenant_id, user_id))`,
    'create index memberships_by_user on memberships (user_id)',
    `create table sessions (
      id uuid primary key,
      token_hash text not null constraint sessions_token_unique unique,
      user_id uuid not null,
      tenant_id text not null,
      created_at timestamptz not null default now(),
      expires_at timestamptz not null,
      last_seen_at timestamptz,
      foreign key (tenant_id, user_id) references memberships on delete cascade)`,
    'create index sessions_by_expiry on sessions (expires_at)',
    `create table sign_in_links (
      token_hash text primary key,
      user_id uuid not null,
      tenant_id text not null,
      expires_at timestamptz not null,
      used_at timestamptz,
      foreign key (tenant_id, user_id) references memberships on delete cascade)`,
    `create table api_keys (
      tenant_id text not null references tenants,
      id uuid not null,
      name text not null,
      prefix text not null constraint api_keys_prefix_unique unique,
      secret_hash text not null,
      permissions text[] not null,
      created_by text not null,
      created_at timestamptz not null default now(),
      expires_at timestamptz,
      last_used_at timestamptz,
      revoked_at timestamptz,
      primary key (tenant_id, id))`,
    `create table idempotency_keys (
      tenant_id text not null references tenants,
      principal text not null,
      key text not null,
      request_hash text not null,
      state text not null default 'running' ${oneOf('state', 'running', 'done')},
      status int,
      response jsonb,
      created_at timestamptz not null default now(),
      primary key (tenant_id, principal, key))`,
    'create index idempotency_keys_by_age on idempotency_keys (created_at)',
    ...secure('memberships', 'sessions', 'sign_in_links', 'api_keys', 'idempotency_keys'),
    // A person belongs to tenants through memberships; a tenant sees its own people only.
    'alter table users enable row level security',
    'alter table users force row level security',
    'create policy members_only on users for select using (exists (select from memberships m where m.user_id = users.id))',
    'alter table tenants enable row level security',
    'alter table tenants force row level security',
    `create policy tenant_only on tenants using (id = current_setting('muster.tenant', true))`,
  ];

  readonly back = [
    'drop table idempotency_keys, api_keys, sign_in_links, sessions',
    'drop table users, memberships, tenants',
  ];
}
