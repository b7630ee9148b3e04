import { Statements, secure } from './statements.js';

/**
 * What each process took in within ten seconds, who they are, whom they hold back, and whose readings somebody watches.
 * Statistics of the last day, written once a slot and process; nothing here is needed to take a message.
 */
export class IngestMinutes1763700000023 extends Statements {
  readonly forward = [
    `create table ingest_slots (
      tenant_id text not null,
      at timestamptz not null,
      process text not null,
      stored int not null,
      readings bigint not null,
      duplicates int not null,
      dead_lettered int not null,
      shed int not null,
      bytes bigint not null,
      commit_ms int[] not null,
      lag_ms int[] not null,
      primary key (tenant_id, at, process))`,
    'create index ingest_slots_by_age on ingest_slots (at)',
    `create table ingest_floods (
      tenant_id text not null,
      device_id uuid not null,
      process text not null,
      since timestamptz not null,
      shed bigint not null,
      seen_at timestamptz not null,
      primary key (tenant_id, device_id, process))`,
    `create table ingest_processes (
      name text primary key,
      doors text[] not null,
      waiting int not null,
      paused boolean not null,
      rss_bytes bigint not null,
      seen_at timestamptz not null)`,
    // The processes that ingest tell at commit what they stored of these devices; nobody is told of any other.
    `create table watched_devices (
      device_key int not null,
      process text not null,
      until timestamptz not null,
      primary key (device_key, process))`,
    ...secure('ingest_slots', 'ingest_floods'),
    'grant select on ingest_slots, ingest_floods, ingest_processes to muster_app',
    `grant select, insert, update, delete on ingest_slots, ingest_floods, ingest_processes, watched_devices to muster_system`,
  ];

  readonly back = ['drop table watched_devices, ingest_processes, ingest_floods, ingest_slots'];
}
