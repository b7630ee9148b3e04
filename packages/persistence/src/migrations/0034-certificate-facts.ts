import { oneOf, Statements } from './statements.js';

/** What let a device have its certificate, revocation lists as they were published, and OCSP responders. */
export class CertificateFacts1763700000034 extends Statements {
  readonly forward = [
    `alter table certificates
       add column source text not null default 'token' ${oneOf('source', 'token', 'claim', 'manufacturer', 'registered_key', 'approval', 'renewal')},
       add column source_id uuid,
       add column late boolean not null default false,
       add column refusal_proven_at timestamptz`,
    `update certificates set source = 'renewal' where token_id is null`,
    'create index certificates_of_authority on certificates (authority_id, state)',
    `create index certificates_revoked on certificates (authority_id, since) where state in ('revoked', 'on_hold')`,
    'create index certificates_by_key on certificates (key_hash)',
    'create index certificates_by_end on certificates (tenant_id, not_after, id)',
    'create index certificates_by_state on certificates (tenant_id, state, not_after, id)',
    `create index certificates_superseded on certificates (since) where state = 'superseded'`,
    'drop index certificates_by_expiry',
    `create index certificates_by_expiry on certificates (not_after) where state in ('issued', 'active', 'on_hold')`,
    `create table crls (
      authority_id uuid not null references authorities,
      shard int not null,
      number bigint not null,
      der bytea not null,
      this_update timestamptz not null,
      next_update timestamptz not null,
      entries int not null,
      digest text not null,
      primary key (authority_id, shard))`,
    // Certificates whose key we hold, revoked in the list of the same number: a broker that refuses one has read that list.
    `create table crl_probes (
      authority_id uuid not null references authorities,
      shard int not null,
      number bigint not null,
      serial text not null,
      certificate_pem text not null,
      key_pem text not null,
      at timestamptz not null,
      not_after timestamptz not null,
      primary key (authority_id, shard, number))`,
    `create table ocsp_responders (
      authority_id uuid not null references authorities,
      serial text not null,
      certificate_pem text not null,
      not_before timestamptz not null,
      not_after timestamptz not null,
      created_at timestamptz not null default now(),
      primary key (authority_id, serial))`,
    'grant select, insert, update, delete on crls, crl_probes, ocsp_responders to muster_system',
    'grant select on crls, ocsp_responders to muster_app',
  ];

  readonly back = [
    'drop table ocsp_responders, crl_probes, crls',
    'drop index certificates_by_expiry',
    `create index certificates_by_expiry on certificates (not_after) where state in ('issued', 'active')`,
    'drop index certificates_superseded',
    'drop index certificates_by_state',
    'drop index certificates_by_end',
    'drop index certificates_by_key',
    'drop index certificates_revoked',
    'drop index certificates_of_authority',
    `alter table certificates drop column source, drop column source_id, drop column late, drop column refusal_proven_at`,
  ];
}
