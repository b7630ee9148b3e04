import { oneOf, Statements, secure } from './statements.js';

/**
 * How far off the clock of a device is in one of its runs, for devices that have no clock or one that is wrong. Written with
 * the heartbeat that showed it, read when a message of the same run has waited.
 */
export class ClockAnchors1763700000022 extends Statements {
  readonly forward = [
    `create table clock_anchors (
      device_key int not null references devices (device_key) on delete cascade,
      boot_id text not null,
      fault text not null ${oneOf('fault', 'unset', 'ahead')},
      tenant_id text not null,
      offset_ms bigint not null,
      made_at timestamptz not null default now(),
      primary key (device_key, boot_id, fault))`,
    ...secure('clock_anchors'),
    'grant select on clock_anchors to muster_app',
    'grant select, insert, update, delete on clock_anchors to muster_system',
  ];

  readonly back = ['drop table clock_anchors'];
}
