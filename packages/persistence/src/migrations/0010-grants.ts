import { Statements } from './statements.js';

/** Who may do what. Later migrations grant for the tables they add. */
export class Grants1763700000010 extends Statements {
  readonly forward = [
    'grant usage on schema public to muster_app, muster_system',
    'grant select, insert, update, delete on all tables in schema public to muster_app, muster_system',
    'grant usage, select on all sequences in schema public to muster_app, muster_system',
    // History is written once.
    'revoke update, delete on audit_entries, decision_records from muster_app, muster_system',
    // The application reads series and never writes them; the ingest crosses tenants and runs as the system role.
    'revoke insert, update, delete on messages, telemetry_hourly, latest_values from muster_app',
    'revoke all on rollup_dirty from muster_app',
    'revoke all on migrations from muster_app, muster_system',
  ];

  readonly back = [
    'revoke all on all tables in schema public from muster_app, muster_system',
    'revoke all on all sequences in schema public from muster_app, muster_system',
    'revoke usage on schema public from muster_app, muster_system',
  ];
}
