import type { CampaignPreview } from '@muster/contracts/campaigns/plans.schema';
import { canProve } from '@muster/domain/campaigns/judge-gate';
import type { ReleaseDemands } from '@muster/domain/campaigns/judge-target';
import type { PlannedWave } from '@muster/domain/campaigns/plan-waves';
import { type Asked, planOf, sortDevices } from '@muster/persistence/campaigns/freeze-targets';
import type { Tx } from '@muster/persistence/database';
import { Refusal } from '../http/refusal.js';

/** Refuses a plan that is wrong whatever the fleet, and one that is wrong for the fleet as it is now. */
export async function checkPlan(tx: Tx, asked: Asked, release: ReleaseDemands | null): Promise<void> {
  const { eligible } = await sortDevices(tx, asked, release);
  const waves = planOf(asked, eligible.length);
  // A draft may be written before its devices exist; launching it without any is what is refused.
  if (!waves.ok && waves.code !== 'no_eligible_targets') throw new Refusal(waves.code, waves.detail, waves.facts);
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
  const waves = planOf(asked, eligible.length);
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
