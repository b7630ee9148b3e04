import { oneOf, reason, Statements, secure } from './statements.js';

/** Authorities, signing keys, enrolment tokens and certificates. */
export class Identity1763700000004 extends Statements {
  readonly forward = [
    `create table authorities (
      id uuid primary key,
      tenant_id text references tenants,
      kind text not null ${oneOf('kind', 'root', 'device', 'server', 'service', 'bootstrap')},
      generation int not null default 1,
      state text not null default 'active' ${oneOf('state', 'next', 'active', 'retired', 'revoked')},
      certificate_pem text not null,
      key_ref text not null,
      crl_number bigint not null default 0,
      created_at timestamptz not null default now())`,
    `create unique index authorities_generation_unique on authorities (coalesce(tenant_id, ''), kind, generation)`,
    `create table signing_keys (
      kid text primary key,
      tenant_id text references tenants,
      purpose text not null ${oneOf('purpose', 'command', 'release', 'trust')},
      algorithm text not null,
      public_jwk jsonb not null,
      key_ref text not null,
      state text not null default 'active' ${oneOf('state', 'next', 'active', 'retired', 'revoked')},
      created_at timestamptz not null default now())`,
    `create table enrollment_tokens (
      tenant_id text not null references tenants,
      id uuid not null,
      name text not null,
      prefix text not null constraint enrollment_tokens_prefix_unique unique,
      secret_hash text not null,
      max_uses int not null default 1 check (max_uses > 0),
      uses int not null default 0,
      site text,
      class text,
      labels jsonb not null default '{}',
      model text,
      serial text,
      device_id uuid,
      expires_at timestamptz not null,
      created_by text not null,
      created_at timestamptz not null default now(),
      revoked_at timestamptz,
      primary key (tenant_id, id),
      check (uses <= max_uses),
      foreign key (tenant_id, device_id) references devices)`,
    `create table certificates (
      tenant_id text not null,
      id uuid not null,
      device_id uuid not null,
      token_id uuid,
      serial text constraint certificates_serial_unique unique,
      fingerprint text constraint certificates_fingerprint_unique unique,
      key_hash text not null,
      authority_id uuid references authorities,
      state text not null ${oneOf('state', 'requested', 'pending_approval', 'issued', 'active', 'superseded', 'on_hold', 'expired', 'revoked', 'rejected')},
      ${reason},
      pem text,
      not_before timestamptz,
      not_after timestamptz,
      created_at timestamptz not null default now(),
      activated_at timestamptz,
      revoked_at timestamptz,
      renew_requested_at timestamptz,
      session_cut_at timestamptz,
      handshake_refused_at timestamptz,
      primary key (tenant_id, id),
      constraint certificates_key_unique unique (tenant_id, key_hash),
      foreign key (tenant_id, device_id) references devices on delete cascade,
      foreign key (tenant_id, token_id) references enrollment_tokens)`,
    'create index certificates_by_device on certificates (tenant_id, device_id, created_at)',
    `create index certificates_by_expiry on certificates (not_after) where state in ('issued', 'active')`,
    ...secure('enrollment_tokens', 'certificates'),
    // Rows without a tenant belong to the whole installation: everyone may verify with them.
    ...['authorities', 'signing_keys'].flatMap((table) => [
      `alter table ${table} enable row level security`,
      `alter table ${table} force row level security`,
      `create policy tenant_or_everyone on ${table} using (tenant_id is null or tenant_id = current_setting('muster.tenant', true))
        with check (tenant_id = current_setting('muster.tenant', true))`,
    ]),
  ];

  readonly back = ['drop table certificates, enrollment_tokens, signing_keys, authorities'];
}
