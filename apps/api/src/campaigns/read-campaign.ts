import { type CampaignRow, campaignStore } from '@muster/persistence/campaigns/campaign.store';
import { decisionStore } from '@muster/persistence/campaigns/decision.store';
import { waveStore } from '@muster/persistence/campaigns/wave.store';
import type { Tx } from '@muster/persistence/database';
import { deltaStore } from '@muster/persistence/releases/delta.store';
import { withEtag } from '../http/endpoint.js';
import { Refusal } from '../http/refusal.js';
import { type CampaignView, toCampaign } from './campaign.resource.js';

/** Campaigns with their waves and decisive records, in as many queries as for one. */
export async function viewsOf(tx: Tx, rows: readonly CampaignRow[]): Promise<CampaignView[]> {
  const ids = rows.map((row) => row.id);
  const waves = await waveStore.list(tx, ids);
  const decisive = await decisionStore.decisive(tx, ids);
  const preparing = rows.filter((row) => row.state === 'preparing').flatMap(({ releaseId }) => releaseId ?? []);
  const deltas = await deltaStore.progress(tx, preparing);
  return rows.map((row) => ({
    row,
    waves: waves.filter((wave) => wave.campaignId === row.id),
    decisive: decisive.filter((record) => record.campaignId === row.id),
    deltas: deltas.get(row.releaseId ?? ''),
  }));
}

export async function viewOf(tx: Tx, campaignId: string): Promise<CampaignView> {
  const row = await campaignStore.get(tx, campaignId);
  if (row === null) throw Refusal.notFound('campaign', campaignId);
  const [view] = await viewsOf(tx, [row]);
  return view!;
}

/** The campaign as it stands now, with its version as ETag. */
export async function answer(tx: Tx, campaignId: string) {
  const view = await viewOf(tx, campaignId);
  return withEtag(toCampaign(view), view.row.version);
}
