import { Statements } from './statements.js';

const ROLLUPS = ['telemetry_hourly', 'telemetry_daily', 'telemetry_weekly'];

/**
 * What was wrong with readings shows in rollups too. Messages whose clock was wrong are found by the time they count at:
 * there are few of them, so the index costs the ingest next to nothing, and without it each look at an old hour would go
 * through every message of the device since.
 */
export class RollupFlags1763700000027 extends Statements {
  readonly forward = [
    ...ROLLUPS.map((table) => `alter table ${table} add column flags smallint not null default 0`),
    `create index messages_corrected on messages (device_key, corrected_at) where corrected_at is not null`,
    'create index latest_values_by_metric on latest_values (metric, device_key, place_id)',
  ];

  readonly back = [
    'drop index latest_values_by_metric, messages_corrected',
    ...ROLLUPS.map((table) => `alter table ${table} drop column flags`),
  ];
}
