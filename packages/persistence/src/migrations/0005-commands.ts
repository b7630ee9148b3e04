import { oneOf, reason, Statements, secure } from './statements.js';

/** Commands; `seq` is taken from the device's counter before anything is published. */
export class Commands1763700000005 extends Statements {
  readonly forward = [
    `create table commands (
      tenant_id text not null,
      id uuid not null,
      device_id uuid not null,
      name text not null,
      args jsonb not null default '{}',
      state text not null default 'queued' ${oneOf('state', 'queued', 'sent', 'acknowledged', 'succeeded', 'failed', 'rejected', 'timed_out', 'expired', 'cancelling', 'cancelled', 'unknown')},
      ${reason},
      seq bigint not null,
      timeout_s int not null check (timeout_s > 0),
      expires_at timestamptz not null,
      sent_at timestamptz,
      acknowledged_at timestamptz,
      finished_at timestamptz,
      result jsonb,
      progress jsonb,
      execution_id uuid,
      created_by text not null,
      created_at timestamptz not null default now(),
      version int not null default 1,
      primary key (tenant_id, id),
      constraint commands_id_unique unique (id),
      constraint commands_seq_unique unique (tenant_id, device_id, seq),
      foreign key (tenant_id, device_id) references devices on delete cascade)`,
    'create index commands_by_device on commands (tenant_id, device_id, created_at desc, id desc)',
    `create index commands_to_expire on commands (expires_at) where state in ('queued', 'sent')`,
    `create index commands_to_time_out on commands (acknowledged_at) where state in ('acknowledged', 'cancelling')`,
    `create index commands_to_deliver on commands (device_id, seq) where state in ('queued', 'sent')`,
    `create index commands_by_execution on commands (execution_id) where execution_id is not null`,
    ...secure('commands'),
  ];

  readonly back = ['drop table commands'];
}
