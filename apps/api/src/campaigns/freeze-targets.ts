import type { NewCampaign } from '@muster/contracts/campaigns/campaigns.schema';
import type { CampaignPreview } from '@muster/contracts/campaigns/plans.schema';
import { canProve } from '@muster/domain/campaigns/judge-gate';
import { judgeTarget, type ReleaseDemands } from '@muster/domain/campaigns/judge-target';
import { orderTargets } from '@muster/domain/campaigns/order-targets';
import { type PlannedWave, planWaves, waveAt } from '@muster/domain/campaigns/plan-waves';
import { type CampaignRow, campaignStore } from '@muster/persistence/campaigns/campaign.store';
import { type MatchedDevice, targetStore } from '@muster/persistence/campaigns/target.store';
import { waveStore } from '@muster/persistence/campaigns/wave.store';
import type { Tx } from '@muster/persistence/database';
import { Refusal } from '../http/refusal.js';

interface Excluded {
  readonly device: MatchedDevice;
  readonly code: string;
  readonly detail: string | null;
}

interface Sorted {
  readonly eligible: readonly MatchedDevice[];
  readonly excluded: readonly Excluded[];
}

type Asked = Pick<NewCampaign, 'selector' | 'plan'>;

async function sortDevices(tx: Tx, asked: Asked, release: ReleaseDemands | null): Promise<Sorted> {
  const matched = await targetStore.match(tx, asked.selector);
  const eligible: MatchedDevice[] = [];
  const excluded: Excluded[] = [];
  for (const device of matched) {
    const reason = judgeTarget(device, release);
    if (reason === null) eligible.push(device);
    else excluded.push({ device, ...reason });
  }
  return { eligible, excluded };
}

const plan = (asked: Asked, total: number) =>
  planWaves(
    asked.plan.waves.map((wave) => wave.size),
    total,
  );

/** Refuses a plan that is wrong whatever the fleet, and one that is wrong for the fleet as it is now. */
export async function checkPlan(tx: Tx, asked: Asked, release: ReleaseDemands | null): Promise<void> {
  const { eligible } = await sortDevices(tx, asked, release);
  const waves = plan(asked, eligible.length);
  // A draft may be written before its devices exist; launching it without any is what is refused.
  if (!waves.ok && waves.code !== 'no_eligible_targets') throw new Refusal(waves.code, waves.detail, waves.facts);
}

/**
 * Freezes who is a target, in which wave and in which order, and who is left out and why. The order depends on the
 * campaign and the set of devices alone.
 */
export async function freezeTargets(tx: Tx, campaign: CampaignRow, release: ReleaseDemands | null, now: Date) {
  const { eligible, excluded } = await sortDevices(tx, campaign, release);
  const waves = plan(campaign, eligible.length);
  if (!waves.ok) throw new Refusal(waves.code, waves.detail, waves.facts);
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
  return { ...frozen, waves: waves.value.length };
}

const SAMPLE = 5;

const tally = <T>(items: readonly T[], keyOf: (item: T) => string | null): Map<string | null, T[]> => {
  const groups = new Map<string | null, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
};

/** What a launch would do now. */
export async function previewOf(
  tx: Tx,
  asked: Asked,
  release: (ReleaseDemands & { readonly state: string }) | null,
): Promise<CampaignPreview> {
  const { eligible, excluded } = await sortDevices(tx, asked, release);
  const waves = plan(asked, eligible.length);
  const problems = waves.ok ? [] : [{ code: waves.code as string, detail: waves.detail }];
  if (release !== null && release.state !== 'published')
    problems.push({ code: 'release_state_refused', detail: `The release is ${release.state}.` });
  const minSample = (wave: PlannedWave): number =>
    Math.min((asked.plan.waves[wave.n - 1]?.gate ?? asked.plan.gate).minSample, wave.size);
  return {
    matched: eligible.length + excluded.length,
    eligible: eligible.length,
    waves: (waves.ok ? waves.value : []).map((wave) => ({
      ...wave,
      canProve: canProve(wave.size),
      minSample: minSample(wave),
    })),
    exclusions: [...tally(excluded, (item) => item.code)].map(([reasonCode, items]) => ({
      reasonCode: reasonCode!,
      count: items.length,
      sample: items.slice(0, SAMPLE).map(({ device, code, detail }) => ({
        deviceId: device.deviceId,
        deviceName: device.name,
        reasonCode: code,
        reasonDetail: detail,
      })),
    })),
    problems,
    previousVersions: [...tally(eligible, (device) => device.version)]
      .map(([version, devices]) => ({ version, count: devices.length }))
      .sort((a, b) => b.count - a.count),
    offline: eligible.filter((device) => !device.connected).length,
  };
}
