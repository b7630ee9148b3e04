import { Statements } from './statements.js';

/** Every process that takes telemetry keeps the catalogue in memory and is told when somebody describes a metric anew. */
export class MetricsDescribed1763700000029 extends Statements {
  readonly forward = [
    `create function metrics_described() returns trigger language plpgsql as $$
     begin
       perform pg_notify('muster_metrics', new.tenant_id);
       return null;
     end $$`,
    `create trigger metrics_described after update on metrics
     for each row when (old.* is distinct from new.*) execute function metrics_described()`,
  ];

  readonly back = ['drop trigger metrics_described on metrics', 'drop function metrics_described'];
}
