import { Statements, secure } from './statements.js';

/** Files of archives that may be on the artifact store and that no archive may name: to be looked at and removed. */
export class ArchiveLeftovers1763700000025 extends Statements {
  readonly forward = [
    `create table archive_leftovers (
      tenant_id text not null references tenants,
      sha256 text not null,
      primary key (tenant_id, sha256))`,
    ...secure('archive_leftovers'),
    'grant select, insert, delete on archive_leftovers to muster_system',
  ];

  readonly back = ['drop table archive_leftovers'];
}
