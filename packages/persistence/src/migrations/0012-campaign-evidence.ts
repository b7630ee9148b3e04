import { Statements } from './statements.js';

/** What the engine needs beyond the first draft: order of offers, forgiven failures, a mark for ended campaigns to look at again. */
export class CampaignEvidence1763700000012 extends Statements {
  readonly forward = [
    'alter table decision_records alter column verdict drop not null',
    `alter table campaign_waves add column forgiven jsonb not null default '{}'`,
    'alter table campaigns add column attention_at timestamptz',
    'alter table executions add column position int not null default 0',
    `create index executions_to_offer on executions (tenant_id, campaign_id, wave, position) where state = 'queued'`,
    `create index executions_awaited on executions (tenant_id, campaign_id, position) where state = 'unreachable'`,
    `create index campaigns_with_attention on campaigns (attention_at) where attention_at is not null`,
  ];

  readonly back = [
    'drop index campaigns_with_attention, executions_awaited, executions_to_offer',
    'alter table executions drop column position',
    'alter table campaigns drop column attention_at',
    'alter table campaign_waves drop column forgiven',
    'alter table decision_records alter column verdict set not null',
  ];
}
