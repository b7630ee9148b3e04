import type { NewCampaign } from '@muster/contracts/campaigns/campaigns.schema';
import { type FleetRefusal, judgePlan } from '@muster/domain/campaigns/judge-plan';
import { judgeTarget } from '@muster/domain/campaigns/judge-target';
import { orderTargets } from '@muster/domain/campaigns/order-targets';
import { waveAt } from '@muster/domain/campaigns/plan-waves';
import { done, type Result } from '@muster/domain/result';
import { audit } from '../audit/audit.store.js';
import { deltaStore } from '../releases/delta.store.js';
import type { Tx } from '../transaction.js';
import { type CampaignRow, campaignStore } from './campaign.store.js';
import { type RolledOut, releaseDemandsStore } from './release-demands.store.js';
import { supersedeCampaign } from './supersede.store.js';
import { type MatchedDevice, targetStore } from './target.store.js';
import { waveStore } from './wave.store.js';

export interface ExcludedDevice {
  readonly device: MatchedDevice;
  readonly code: string;
  readonly detail: string | null;
}

export interface SortedDevices {
  readonly eligible: readonly MatchedDevice[];
  readonly excluded: readonly ExcludedDevice[];
}

/** What decides who is a target: a campaign, or the draft of one. */
export type Asked = Pick<NewCampaign, 'selector' | 'plan'> & { readonly supersedes?: string | null | undefined };

/** Every device the selector matches, as a target or with the reason why it is none. */
export async function sortDevices(tx: Tx, asked: Asked, release: RolledOut | null, now: Date): Promise<SortedDevices> {
  const demands = await releaseDemandsStore.of(tx, asked.plan, release);
  const matched = await targetStore.match(tx, asked.selector, { leaving: asked.supersedes ?? null });
  const eligible: MatchedDevice[] = [];
  const excluded: ExcludedDevice[] = [];
  for (const device of matched) {
    const reason = judgeTarget(device, demands, now);
    if (reason === null) eligible.push(device);
    else excluded.push({ device, ...reason });
  }
  return { eligible, excluded };
}

export interface Frozen {
  readonly targets: number;
  readonly exclusions: number;
  readonly waves: number;
}

/**
 * Freezes who is a target, in which wave and in which order, and who is left out and why. The order depends on the
 * campaign and the set of devices alone. What it supersedes lets go of its devices. The caller has locked the campaign;
 * a refusal has changed nothing.
 */
export async function freezeTargets(
  tx: Tx,
  campaign: CampaignRow,
  release: RolledOut | null,
  now: Date,
): Promise<Result<Frozen, FleetRefusal | 'campaign_state_refused'>> {
  const { eligible, excluded } = await sortDevices(tx, campaign, release, now);
  const waves = judgePlan(campaign.plan, eligible);
  if (!waves.ok) return waves;
  const superseded =
    campaign.supersedes === null ? done(null) : await supersedeCampaign(tx, campaign.supersedes, campaign, now);
  if (!superseded.ok) return superseded;
  const devices = new Map(eligible.map((device) => [device.deviceId, device] as const));
  const targets = orderTargets(campaign.id, eligible).map((deviceId, position) => {
    const { previousReleaseId, previousVersion } = devices.get(deviceId)!;
    const wave = waveAt(waves.value, position);
    return { deviceId, wave, position, releaseId: campaign.releaseId, previousReleaseId, previousVersion };
  });
  await waveStore.insertAll(
    tx,
    campaign.id,
    waves.value.map((wave) => ({ ...wave, counts: { queued: wave.size } })),
    now,
  );
  await targetStore.freeze(tx, campaign.id, targets, now);
  await targetStore.exclude(
    tx,
    campaign.id,
    excluded.map(({ device, code, detail }) => ({ deviceId: device.deviceId, code, detail })),
  );
  const frozen = { targets: targets.length, exclusions: excluded.length };
  await campaignStore.setFrozen(tx, campaign.id, frozen);
  await deltaStore.want(tx, campaign, now);
  if (superseded.value !== null) await audit.append(tx, superseded.value);
  return done({ ...frozen, waves: waves.value.length });
}
