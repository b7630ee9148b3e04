import type { ExecutionKind } from '@muster/contracts/campaigns/executions.schema';
import type { CampaignPreview } from '@muster/contracts/campaigns/plans.schema';
import { campaign as machine } from '@muster/domain/campaigns/campaign.machine';
import { addCounts, countOf, liveCount } from '@muster/domain/campaigns/count-executions';
import { recallableStates } from '@muster/domain/campaigns/execution.machine';
import { type Refused, refused } from '@muster/domain/result';
import { type CampaignRow, campaignStore } from '@muster/persistence/campaigns/campaign.store';
import { waveStore } from '@muster/persistence/campaigns/wave.store';
import type { Tx } from '@muster/persistence/database';
import { Refusal } from '../http/refusal.js';

/** A campaign, or the draft of one, that may take another's place. */
export interface Replacing {
  readonly id?: string;
  readonly kind: ExecutionKind;
  readonly supersedes?: string | null | undefined;
}

/** Refuses to take the place of a campaign that is of another kind, has ended, or only returns devices. */
export async function checkSuperseded(tx: Tx, by: Replacing): Promise<void> {
  const { refused: wrong } = await lookAtSuperseded(tx, by);
  if (wrong !== null) throw new Refusal(wrong.code, wrong.detail, wrong.facts);
}

/** What would become of the campaign whose place is taken, or why it cannot be. */
export async function lookAtSuperseded(
  tx: Tx,
  by: Replacing,
): Promise<{ refused: Refused<'campaign_state_refused'> | null; effect: CampaignPreview['supersedes'] }> {
  if (by.supersedes == null) return { refused: null, effect: null };
  const old = await campaignStore.get(tx, by.supersedes);
  if (old === null) throw Refusal.notFound('campaign', by.supersedes);
  const wrong = whyNot(old, by);
  if (wrong !== null) return { refused: wrong, effect: null };
  const counts = addCounts((await waveStore.list(tx, [old.id])).map((wave) => wave.counts));
  const recalled = countOf(counts, ...recallableStates);
  return {
    refused: null,
    effect: {
      campaignId: old.id,
      name: old.name,
      givenUp: countOf(counts, 'queued', 'unreachable') + recalled,
      finishing: liveCount(counts) - recalled,
    },
  };
}

function whyNot(old: CampaignRow, by: Replacing): Refused<'campaign_state_refused'> | null {
  const refuse = (why: string) => refused('campaign_state_refused', `${old.name} ${why}.`, { campaignId: old.id });
  if (old.id === by.id || (by.id !== undefined && old.supersedes === by.id)) return refuse('cannot replace itself');
  if (old.kind !== by.kind) return refuse(`is a ${old.kind} campaign and this is a ${by.kind} campaign`);
  if (old.parentId !== null) return refuse('returns devices; that is never given up for a new release');
  if (old.state !== 'stopping' && machine.next(old.state, 'stop').kind === 'refused')
    return refuse(`is ${old.state.replaceAll('_', ' ')}: there is nothing to take the place of`);
  return null;
}
