import { Statements } from './statements.js';

/** Separation of duties: whether a tenant asks that author, signer and deployer of a release are different people. */
export class SeparateSigner1763700000016 extends Statements {
  readonly forward = ['alter table tenants add column separate_signer boolean not null default false'];

  readonly back = ['alter table tenants drop column separate_signer'];
}
