import { Statements, secure } from './statements.js';

/** Pace and brakes: what holds an offer back, links between campaigns, evidence from service, freezes, the kill switch, stalls. */
export class CampaignBrakes1763700000015 extends Statements {
  readonly forward = [
    `alter table executions
      add column not_before timestamptz,
      add column accepted_at timestamptz,
      add column booted_at timestamptz,
      add column bytes_sent bigint not null default 0,
      add column bytes_spared bigint not null default 0`,
    'alter table devices add column updates_blocked_until timestamptz',
    `alter table campaigns
      add column retry_of uuid,
      add column supersedes uuid,
      add column start_at timestamptz,
      add column stalled_at timestamptz,
      add column joined_at timestamptz`,
    `alter table campaigns add foreign key (tenant_id, retry_of) references campaigns`,
    `alter table campaigns add foreign key (tenant_id, supersedes) references campaigns`,
    'create index campaigns_superseding on campaigns (tenant_id, supersedes) where supersedes is not null',
    `create index campaigns_scheduled on campaigns (start_at) where state = 'scheduled'`,
    `alter table campaign_waves
      add column evidence jsonb not null default '{}',
      add column judged_at timestamptz,
      add column moved_at timestamptz,
      add column bytes_sent bigint not null default 0,
      add column bytes_spared bigint not null default 0`,
    `create table freezes (
      tenant_id text not null references tenants,
      id uuid not null,
      name text not null,
      starts_at timestamptz not null,
      ends_at timestamptz not null check (ends_at > starts_at),
      sites text[],
      created_by text not null,
      created_at timestamptz not null,
      primary key (tenant_id, id))`,
    'create index freezes_by_end on freezes (tenant_id, ends_at)',
    'alter table tenants add column kill_switch_by text, add column kill_switch_reason text',
    `create table mail_recipients (
      tenant_id text not null references tenants,
      id uuid not null,
      address text not null,
      types text[] not null,
      created_at timestamptz not null,
      last_at timestamptz,
      last_error text,
      primary key (tenant_id, id),
      constraint mail_recipients_address_unique unique (tenant_id, address))`,
    `create table mails (
      tenant_id text not null,
      id uuid not null,
      recipient_id uuid not null,
      letter_id uuid not null,
      state text not null default 'pending' check (state in ('pending', 'sent', 'failed')),
      subject text not null,
      body text not null,
      attempts int not null default 0,
      last_error text,
      next_at timestamptz,
      created_at timestamptz not null,
      primary key (tenant_id, id),
      constraint mails_letter_unique unique (tenant_id, recipient_id, letter_id),
      foreign key (tenant_id, recipient_id) references mail_recipients on delete cascade)`,
    `create index mails_due on mails (next_at) where state = 'pending'`,
    ...secure('freezes', 'mail_recipients', 'mails'),
    'grant select, insert, update, delete on freezes, mail_recipients, mails to muster_app, muster_system',
  ];

  readonly back = [
    'drop table mails, mail_recipients, freezes',
    'alter table tenants drop column kill_switch_by, drop column kill_switch_reason',
    `alter table campaign_waves drop column evidence, drop column judged_at, drop column moved_at, drop column bytes_sent,
      drop column bytes_spared`,
    `alter table campaigns drop column retry_of, drop column supersedes, drop column start_at, drop column stalled_at,
      drop column joined_at`,
    'alter table devices drop column updates_blocked_until',
    `alter table executions drop column not_before, drop column accepted_at, drop column booted_at, drop column bytes_sent,
      drop column bytes_spared`,
  ];
}
