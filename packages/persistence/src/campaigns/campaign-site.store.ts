import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import { slotStates, waitingStates } from '@muster/domain/campaigns/execution.machine';
import type { SiteFacts } from '@muster/domain/campaigns/offerable-sites';
import type { Tx } from '../transaction.js';

/** Written out in the statement: the index of busy devices by site is partial, and has to be recognised. */
const among = (states: readonly ExecutionState[]): string => `(${states.map((state) => `'${state}'`).join(', ')})`;
const slots = among(slotStates);
const waiting = among(waitingStates);

/** What a campaign knows of its sites; a device without one belongs to the site ''. */
export const campaignSiteStore = {
  /** Counts new targets under their sites. */
  async add(tx: Tx, campaignId: string, deviceIds: readonly (string | null)[]): Promise<void> {
    await tx.execute(
      `insert into campaign_sites as c (tenant_id, campaign_id, site, targets)
       select $1, $2, coalesce(d.site, ''), count(*) from devices d
       where d.tenant_id = $1 and d.id = any($3::uuid[]) group by 3 order by 3
       on conflict (tenant_id, campaign_id, site) do update set targets = c.targets + excluded.targets`,
      [tx.tenantId, campaignId, deviceIds],
    );
  },

  /** Sites at which devices wait for their offer, with their zone and how many devices of any campaign update there now. */
  waiting(tx: Tx, campaignId: string, waves: readonly number[]): Promise<SiteFacts[]> {
    return tx.query<SiteFacts>(
      `select c.site, coalesce(p.timezone, 'UTC') as timezone, c.targets, coalesce(l.n, 0) as load
       from campaign_sites c
       left join sites p on p.tenant_id = c.tenant_id and p.name = c.site
       left join (select e.site, count(*)::int as n from executions e
         where e.tenant_id = $1 and e.site <> '' and e.state in ${slots} group by e.site) l on l.site = c.site
       where c.tenant_id = $1 and c.campaign_id = $2 and (
         exists (select from executions e where e.tenant_id = c.tenant_id and e.campaign_id = c.campaign_id
           and e.site = c.site and e.state = 'queued' and e.wave = any($3::int[]))
         or exists (select from executions e where e.tenant_id = c.tenant_id and e.campaign_id = c.campaign_id
           and e.site = c.site and e.state in ('unreachable', 'deferred')))
       order by c.site`,
      [tx.tenantId, campaignId, waves],
    );
  },

  /**
   * How many devices update at each of these sites, of all campaigns, exact until the end of the transaction: whoever
   * fills a site under a budget takes this first. Sites without any are left out.
   */
  async holdLoads(tx: Tx, sites: readonly string[]): Promise<ReadonlyMap<string, number>> {
    await tx.query(
      `select from sites where tenant_id = $1 and name = any($2::text[]) order by name for no key update`,
      [tx.tenantId, sites],
    );
    const rows = await tx.query<{ site: string; n: number }>(
      `select e.site, count(*)::int as n from executions e
       where e.tenant_id = $1 and e.site = any($2::text[]) and e.site <> '' and e.state in ${slots} group by e.site`,
      [tx.tenantId, sites],
    );
    return new Map(rows.map(({ site, n }) => [site, n] as const));
  },

  /** How many targets a campaign has at each of these sites. */
  async targets(tx: Tx, campaignId: string, sites: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await tx.query<{ site: string; targets: number }>(
      'select site, targets from campaign_sites where tenant_id = $1 and campaign_id = $2 and site = any($3::text[])',
      [tx.tenantId, campaignId, sites],
    );
    return new Map(rows.map(({ site, targets }) => [site, targets] as const));
  },

  /** A device moved to another site: what is still to be done for it is done by the rules of that one. */
  async relocate(tx: Tx, deviceId: string, site: string | null): Promise<void> {
    await tx.execute(
      `with moved as (update executions e set site = $3 from executions o
         where e.tenant_id = $1 and e.device_id = $2 and e.state in ${waiting} and e.site <> $3
           and o.tenant_id = e.tenant_id and o.id = e.id returning e.campaign_id, o.site as was),
       left_behind as (update campaign_sites c set targets = greatest(0, c.targets - 1) from moved m
         where c.tenant_id = $1 and c.campaign_id = m.campaign_id and c.site = m.was)
       insert into campaign_sites as c (tenant_id, campaign_id, site, targets)
       select $1, m.campaign_id, $3, count(*) from moved m group by 2
       on conflict (tenant_id, campaign_id, site) do update set targets = c.targets + excluded.targets`,
      [tx.tenantId, deviceId, site ?? ''],
    );
  },
};
