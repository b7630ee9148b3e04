import { Statements, secure } from './statements.js';

/**
 * How many open dead letters each device has, so that one that sends poison all day does not push out those of others:
 * beyond its limit only the last one of each reason is kept, with how many it stands for.
 */
export class DeadLetterLimits1763700000031 extends Statements {
  readonly forward = [
    `alter table dead_letters
       add column summary boolean not null default false,
       add column times bigint not null default 1,
       add column last_at timestamptz`,
    `create unique index dead_letters_summary on dead_letters (device_id, reason) where summary and state = 'open'`,
    `create index dead_letters_of_device on dead_letters (device_id, id) where state = 'open'`,
    `create table dead_letter_tallies (
      device_id uuid primary key,
      tenant_id text,
      open int not null,
      bytes bigint not null)`,
    ...secure('dead_letter_tallies'),
    'grant select, insert, update, delete on dead_letter_tallies to muster_system',
    'grant select, update on dead_letter_tallies to muster_app',
  ];

  readonly back = [
    'drop table dead_letter_tallies',
    'drop index dead_letters_of_device',
    'drop index dead_letters_summary',
    'alter table dead_letters drop column summary, drop column times, drop column last_at',
  ];
}
