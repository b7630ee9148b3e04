import { Statements, secure } from './statements.js';

/** What was found of certificates when somebody looked last, so that it is told once and read cheaply. */
export class TrustFindings1763700000042 extends Statements {
  readonly forward = [
    `create table trust_findings (
      tenant_id text not null references tenants,
      kind text not null,
      subject text not null,
      since timestamptz not null,
      count int not null,
      found_at timestamptz not null,
      primary key (tenant_id, kind, subject))`,
    ...secure('trust_findings'),
    'grant select, insert, update, delete on trust_findings to muster_system',
    'grant select on trust_findings to muster_app',
  ];

  readonly back = ['drop table trust_findings'];
}
