import type { CampaignPreview } from '@muster/contracts/campaigns/plans.schema';
import { canProve } from '@muster/domain/campaigns/judge-gate';
import { judgePlan, judgeStart, judgeWindows } from '@muster/domain/campaigns/judge-plan';
import { isComparable } from '@muster/domain/campaigns/judge-target';
import { orderTargets } from '@muster/domain/campaigns/order-targets';
import type { PlannedWave } from '@muster/domain/campaigns/plan-waves';
import { weighFirstWave } from '@muster/domain/campaigns/weigh-first-wave';
import { type Asked, sortDevices } from '@muster/persistence/campaigns/freeze-targets';
import type { RolledOut } from '@muster/persistence/campaigns/release-demands.store';
import { type MatchedDevice, targetStore } from '@muster/persistence/campaigns/target.store';
import type { Tx } from '@muster/persistence/database';
import type { ReleaseRow } from '@muster/persistence/releases/release.store';
import { Refusal } from '../http/refusal.js';
import { lookAtSuperseded, type Replacing } from './superseded-campaign.js';

/**
 * Refuses a plan that is wrong whatever the fleet, one that is wrong for the fleet as it is now, and a list of targets
 * that names devices there are not.
 */
export async function checkPlan(tx: Tx, asked: Asked, release: RolledOut | null, now: Date): Promise<void> {
  const strangers = await targetStore.unknown(tx, asked.selector.ids ?? []);
  if (strangers.length > 0)
    throw new Refusal('validation_failed', undefined, undefined, [
      { pointer: '/body/selector/ids', message: nameStrangers(strangers) },
    ]);
  const windows = judgeWindows(asked.plan);
  if (windows !== null) throw new Refusal(windows.code, windows.detail, windows.facts);
  const { eligible } = await sortDevices(tx, asked, release, now);
  const waves = judgePlan(asked.plan, eligible);
  // A draft may be written before its devices exist; launching it without any is what is refused.
  if (!waves.ok && waves.code !== 'no_eligible_targets') throw new Refusal(waves.code, waves.detail, waves.facts);
}

const NAMED = 20;
const SAMPLE = 5;

const nameStrangers = (ids: readonly string[]): string =>
  `${ids.length} of the ids ${ids.length === 1 ? 'is' : 'are'} no device: ${ids.slice(0, NAMED).join(', ')}${ids.length > NAMED ? ' …' : ''}`;

type Problem = CampaignPreview['problems'][number];
const refusal = (code: string, detail: string): Problem => ({ code, detail, severity: 'refusal' });
const warning = (code: string, detail: string): Problem => ({ code, detail, severity: 'warning' });

function releaseProblems(release: ReleaseRow | null, eligible: readonly MatchedDevice[], now: Date): Problem[] {
  if (release === null) return [];
  const { state, supportUntil } = release;
  const unclear = eligible.filter((device) => !isComparable(device.version)).length;
  return [
    ...(state === 'published' ? [] : [refusal('release_state_refused', `The release is ${state}.`)]),
    ...(supportUntil === null || supportUntil > now
      ? []
      : [warning('release_support_ended', `Support of the release ended ${supportUntil.toISOString().slice(0, 10)}.`)]),
    ...(unclear === 0
      ? []
      : [
          warning(
            'versions_not_comparable',
            `${unclear} of the eligible ${unclear === 1 ? 'devices runs' : 'devices run'} no version that can be compared: rules about versions leave nobody of them out.`,
          ),
        ]),
  ];
}

/** The first wave as it would be cut; the seed at launch is another, the mix is the same within a device. */
function firstWaveMix(seed: string, eligible: readonly MatchedDevice[], first: PlannedWave | undefined) {
  const devices = new Map(eligible.map((device) => [device.deviceId, device] as const));
  const ordered = orderTargets(seed, eligible).map((id) => devices.get(id)!);
  return weighFirstWave(ordered, first?.size ?? 0);
}

/** What a launch would do now. */
export async function previewOf(
  tx: Tx,
  asked: Asked & Replacing & { readonly name: string },
  release: ReleaseRow | null,
  now: Date,
): Promise<CampaignPreview> {
  const { eligible, excluded } = await sortDevices(tx, asked, release, now);
  const waves = judgePlan(asked.plan, eligible);
  const strangers = await targetStore.unknown(tx, asked.selector.ids ?? []);
  const { refused, effect } = await lookAtSuperseded(tx, asked);
  const early = [waves, judgeStart(asked.plan, now), refused].flatMap((it) =>
    it === null || it.ok ? [] : [refusal(it.code, it.detail)],
  );
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
    exclusions: [...Map.groupBy(excluded, (item) => item.code)].map(([reasonCode, items]) => ({
      reasonCode,
      count: items.length,
      sample: items.slice(0, SAMPLE).map(({ device, code, detail }) => ({
        deviceId: device.deviceId,
        deviceName: device.name,
        reasonCode: code,
        reasonDetail: detail,
      })),
    })),
    problems: [
      ...early,
      ...(strangers.length === 0 ? [] : [refusal('unknown_devices', `${nameStrangers(strangers)}.`)]),
      ...releaseProblems(release, eligible, now),
    ],
    previousVersions: [...Map.groupBy(eligible, (device) => device.version)]
      .map(([version, devices]) => ({ version, count: devices.length }))
      .sort((a, b) => b.count - a.count),
    offline: eligible.filter((device) => !device.connected).length,
    bytes: eligible.length * (release?.artifact.size ?? 0),
    firstWaveMix: firstWaveMix(asked.name, eligible, waves.ok ? waves.value[0] : undefined),
    supersedes: effect,
  };
}
