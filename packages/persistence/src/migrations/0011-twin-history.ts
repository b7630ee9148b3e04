import { oneOf, Statements, secure } from './statements.js';

/** Every change of a desired document with the way back, and what to do about drift from a golden config. */
export class TwinHistory1763700000011 extends Statements {
  readonly forward = [
    `create table twin_revisions (
      tenant_id text not null,
      device_id uuid not null,
      version bigint not null,
      patch jsonb not null,
      undo jsonb not null,
      actor text not null,
      at timestamptz not null,
      primary key (tenant_id, device_id, version),
      foreign key (tenant_id, device_id) references devices on delete cascade)`,
    `alter table golden_configs add column policy text not null default 'report' ${oneOf('policy', 'report', 'remediate')}`,

    ...secure('twin_revisions'),
    'grant select, insert, update, delete on twin_revisions to muster_app, muster_system',
  ];

  readonly back = ['alter table golden_configs drop column policy', 'drop table twin_revisions'];
}
