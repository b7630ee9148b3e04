import { Statements, secure } from './statements.js';

const slots = `('offered', 'accepted', 'downloading', 'downloaded', 'installing', 'rebooting', 'verifying', 'rolling_back')`;

/** Filling new columns looks at every tenant's rows; the policies hold the owner too, unless they are told not to. */
const filled = ['executions', 'devices', 'campaign_targets'];
const held = (how: 'force' | 'no force'): string[] =>
  filled.map((table) => `alter table ${table} ${how} row level security`);

/**
 * Windows, freezes and budgets are by site: an execution knows its device's site ('' without one), a campaign how many
 * targets each of its sites has, so that closed sites are passed by without looking at their devices.
 */
export class CampaignSites1763700000018 extends Statements {
  readonly forward = [
    `alter table executions add column site text not null default ''`,
    ...held('no force'),
    `update executions e set site = d.site from devices d
      where d.tenant_id = e.tenant_id and d.id = e.device_id and d.site is not null`,
    `create table campaign_sites (
      tenant_id text not null,
      campaign_id uuid not null,
      site text not null,
      targets int not null,
      primary key (tenant_id, campaign_id, site),
      foreign key (tenant_id, campaign_id) references campaigns on delete cascade)`,
    `insert into campaign_sites (tenant_id, campaign_id, site, targets)
      select t.tenant_id, t.campaign_id, coalesce(d.site, ''), count(*)
      from campaign_targets t join devices d on d.tenant_id = t.tenant_id and d.id = t.device_id group by 1, 2, 3`,
    ...held('force'),
    `create index executions_to_offer_by_site on executions (tenant_id, campaign_id, site, wave, position)
      where state = 'queued'`,
    `create index executions_deferred on executions (tenant_id, campaign_id, not_before) where state = 'deferred'`,
    `create index executions_set_aside_by_site on executions (tenant_id, campaign_id, site)
      where state in ('unreachable', 'deferred')`,
    `create index executions_by_site on executions (tenant_id, site) where site <> '' and state in ${slots}`,
    ...secure('campaign_sites'),
    'grant select, insert, update, delete on campaign_sites to muster_app, muster_system',
  ];

  readonly back = [
    'drop index executions_by_site, executions_set_aside_by_site, executions_deferred, executions_to_offer_by_site',
    'drop table campaign_sites',
    'alter table executions drop column site',
  ];
}
