import { type PaceFacts, type PaceWaits, paceWaits } from '@muster/domain/campaigns/offerable-sites';
import type { Tx } from '../transaction.js';
import type { CampaignRow } from './campaign.store.js';
import { campaignSiteStore } from './campaign-site.store.js';
import { freezeStore } from './freeze.store.js';

/** The sites, zones, budgets and freezes an offer is judged by; null when nothing of all that holds this campaign back. */
export async function loadPace(
  tx: Tx,
  campaign: Pick<CampaignRow, 'id' | 'parentId' | 'plan'>,
  waves: readonly number[],
  now: Date,
): Promise<PaceFacts | null> {
  // A return may always run.
  if (campaign.parentId !== null) return null;
  const { windows = [], siteBudget } = campaign.plan;
  const freezes = await freezeStore.active(tx, now);
  if (windows.length === 0 && siteBudget === undefined && freezes.length === 0) return null;
  return { sites: await campaignSiteStore.waiting(tx, campaign.id, waves), freezes };
}

/** What holds the waiting devices of a campaign back beside gate, cap and rate. */
export async function loadPaceWaits(
  tx: Tx,
  campaign: Pick<CampaignRow, 'id' | 'parentId' | 'plan'>,
  waves: readonly number[],
  now: Date,
): Promise<PaceWaits | null> {
  const pace = await loadPace(tx, campaign, waves, now);
  return pace === null ? null : paceWaits(campaign.plan, pace, now);
}
