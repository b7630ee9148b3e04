import { oneOf, Statements, secure } from './statements.js';

/** What leaves a transaction (letters), what was done by whom (audit), and who is told (notifications, webhooks). */
export class OutboxAndAudit1763700000009 extends Statements {
  readonly forward = [
    `create table outbox (
      id uuid primary key,
      position bigint constraint outbox_position_unique unique,
      tenant_id text not null references tenants,
      type text not null,
      key text not null,
      payload jsonb not null,
      created_at timestamptz not null default now(),
      relayed_at timestamptz)`,
    'create index outbox_unrelayed on outbox (created_at, id) where position is null',
    'create index outbox_by_tenant on outbox (tenant_id, position)',
    'create index outbox_by_relay on outbox (relayed_at)',
    'create sequence outbox_position',
    `create table applied_letters (
      consumer text not null,
      letter_id uuid not null,
      at timestamptz not null default now(),
      primary key (consumer, letter_id))`,
    'create index applied_letters_by_age on applied_letters (at)',
    `create table audit_heads (
      tenant_id text primary key references tenants,
      seq bigint not null default 0,
      hash text not null)`,
    `create table audit_entries (
      tenant_id text not null references tenants,
      seq bigint not null,
      at timestamptz not null,
      actor jsonb not null,
      action text not null,
      resource text not null,
      canonical text not null,
      prev_hash text not null,
      hash text not null,
      primary key (tenant_id, seq))`,
    'create index audit_entries_by_resource on audit_entries (tenant_id, resource, seq desc)',
    `create table notifications (
      tenant_id text not null references tenants,
      id uuid not null,
      kind text not null,
      severity text not null ${oneOf('severity', 'info', 'warning', 'critical')},
      title text not null,
      body text not null,
      link text,
      at timestamptz not null,
      read_at timestamptz,
      primary key (tenant_id, id))`,
    `create table webhooks (
      tenant_id text not null references tenants,
      id uuid not null,
      url text not null,
      secret text not null,
      types text[] not null,
      created_at timestamptz not null default now(),
      disabled_at timestamptz,
      primary key (tenant_id, id))`,
    `create table webhook_deliveries (
      tenant_id text not null,
      id uuid not null,
      webhook_id uuid not null,
      letter_id uuid not null,
      state text not null default 'pending' ${oneOf('state', 'pending', 'delivered', 'failed')},
      attempts int not null default 0,
      last_status int,
      last_error text,
      next_at timestamptz,
      created_at timestamptz not null default now(),
      primary key (tenant_id, id),
      constraint webhook_deliveries_letter_unique unique (tenant_id, webhook_id, letter_id),
      foreign key (tenant_id, webhook_id) references webhooks on delete cascade)`,
    `create index webhook_deliveries_due on webhook_deliveries (next_at) where state = 'pending'`,
    ...secure('outbox', 'audit_heads', 'audit_entries', 'notifications', 'webhooks', 'webhook_deliveries'),
  ];

  readonly back = [
    'drop table webhook_deliveries, webhooks, notifications, audit_entries, audit_heads, applied_letters, outbox',
    'drop sequence outbox_position',
  ];
}
