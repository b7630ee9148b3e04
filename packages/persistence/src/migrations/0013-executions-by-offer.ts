import { Statements } from './statements.js';

/** A campaign with a pace asks every second what it offered in the last minute: an answer that must not look at everybody. */
export class ExecutionsByOffer1763700000013 extends Statements {
  readonly forward = [
    `create index executions_by_offer on executions (tenant_id, campaign_id, offered_at) where offered_at is not null`,
  ];

  readonly back = ['drop index executions_by_offer'];
}
