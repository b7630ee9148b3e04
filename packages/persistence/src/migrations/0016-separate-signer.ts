import { Statements } from './statements.js';

/** Separation of duties: whether a tenant asks that author, signer and deployer of a release are different people. */
export class SeparateSigner1763700000016 extends Statements {
  readonly forward = [
    'alter table tenants add column separate_signer boolean not null default false',
    // Names change; who drafted it is known by id. Releases drafted before are known by their audit entry alone.
    'alter table releases add column created_by_id text',
  ];

  readonly back = ['alter table releases drop column created_by_id', 'alter table tenants drop column separate_signer'];
}
