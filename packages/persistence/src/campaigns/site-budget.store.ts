import { allowanceOf } from '@muster/domain/campaigns/offerable-sites';
import type { Tx } from '../transaction.js';
import type { CampaignRow } from './campaign.store.js';
import { campaignSiteStore } from './campaign-site.store.js';
import type { Moved } from './settle.store.js';

/**
 * Those that still fit under the plan's site budget. Two campaigns may fill the same site at the same moment, decided on
 * the same count: here they take turns, and the second counts the devices of the first.
 */
export async function withinBudget(
  tx: Tx,
  campaign: Pick<CampaignRow, 'id' | 'parentId' | 'plan'>,
  moved: readonly Moved[],
): Promise<readonly Moved[]> {
  if (campaign.plan.siteBudget === undefined || campaign.parentId !== null || moved.length === 0) return moved;
  const sites = [...new Set(moved.map(({ row }) => row.site))];
  const loads = new Map(await campaignSiteStore.holdLoads(tx, sites));
  const targets = await campaignSiteStore.targets(tx, campaign.id, sites);
  return moved.filter(({ row: { site } }) => {
    const load = loads.get(site) ?? 0;
    const allowance = allowanceOf(campaign.plan, { site, targets: targets.get(site) ?? 0 });
    if (allowance !== null && load >= allowance) return false;
    loads.set(site, load + 1);
    return true;
  });
}
