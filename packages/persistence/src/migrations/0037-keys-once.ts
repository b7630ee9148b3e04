import { Statements } from './statements.js';

/** A key belongs to one device of one tenant, whoever asks at the same moment; and how often a way in was used. */
export class KeysOnce1763700000037 extends Statements {
  readonly forward = [
    'alter table certificates drop constraint certificates_key_unique',
    'alter table certificates add constraint certificates_key_unique unique (key_hash)',
    'create index certificates_by_source on certificates (source_id, created_at) where source_id is not null',
    `create index approvals_rejected_keys on approvals (tenant_id, key_hash) where state = 'rejected'`,
    `create index approvals_open_by_end on approvals (tenant_id, expires_at) where state in ('pending', 'approved')`,
    'create index approvals_by_request on approvals (tenant_id, request_hash, id)',
  ];

  readonly back = [
    'drop index approvals_by_request',
    'drop index approvals_open_by_end',
    'drop index approvals_rejected_keys',
    'drop index certificates_by_source',
    'alter table certificates drop constraint certificates_key_unique',
    'alter table certificates add constraint certificates_key_unique unique (tenant_id, key_hash)',
  ];
}
