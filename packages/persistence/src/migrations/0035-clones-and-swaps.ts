import { Statements, secure } from './statements.js';

/** Where identities are used, and hardware that takes the place of other hardware. */
export class ClonesAndSwaps1763700000035 extends Statements {
  readonly forward = [
    `alter table devices
       add column predecessor_id uuid,
       add column clone_suspected_at timestamptz,
       add column clone_evidence jsonb,
       add column clone_dismissed text[] not null default '{}',
       add constraint devices_predecessor_fkey foreign key (tenant_id, predecessor_id) references devices`,
    'create unique index devices_predecessor_unique on devices (tenant_id, predecessor_id) where predecessor_id is not null',
    'create index devices_clone_suspected on devices (tenant_id, clone_suspected_at) where clone_suspected_at is not null',
    `create table device_sightings (
      tenant_id text not null,
      device_id uuid not null,
      fingerprint text not null,
      address text not null,
      first_at timestamptz not null,
      last_at timestamptz not null,
      sessions int not null default 1,
      connected boolean not null default true,
      primary key (tenant_id, device_id, fingerprint, address),
      foreign key (tenant_id, device_id) references devices on delete cascade)`,
    // What the overview counts over a million certificates: read from the index alone.
    `create index certificates_live_by_end on certificates (tenant_id, not_after) include (not_before)
       where state in ('issued', 'active')`,
    `create index certificates_unused on certificates (tenant_id, device_id) where state = 'issued'`,
    `create index certificates_ended on certificates (tenant_id, device_id) where state = 'expired'`,
    `create index certificates_cut_off on certificates (tenant_id, revoked_at)
       where state = 'revoked' and reason_code is distinct from 'superseded'`,
    ...secure('device_sightings'),
    'grant select, insert, update, delete on device_sightings to muster_system, muster_app',
  ];

  readonly back = [
    'drop index certificates_cut_off',
    'drop index certificates_ended',
    'drop index certificates_unused',
    'drop index certificates_live_by_end',
    'drop table device_sightings',
    'drop index devices_clone_suspected',
    'drop index devices_predecessor_unique',
    `alter table devices drop column predecessor_id, drop column clone_suspected_at,
       drop column clone_evidence, drop column clone_dismissed`,
  ];
}
