import type { DeviceState } from '@muster/contracts/devices/devices.schema';
import { compareVersions, isVersion } from '../releases/compare-versions.js';

export const exclusionCodes = [
  'decommissioned',
  'quarantined',
  'not_active',
  'in_maintenance',
  'hardware_incompatible',
  'already_satisfied',
  'rollback_index_too_low',
  'below_min_version',
  'must_pass_through',
  'downgrade_refused',
  'pinned',
  'blocked',
  'in_another_campaign',
] as const;
export type ExclusionCode = (typeof exclusionCodes)[number];

export interface TargetFacts {
  readonly state: DeviceState;
  readonly model: string;
  /** As the device told it; null when it never did. */
  readonly hardwareRevision: string | null;
  readonly pinned: boolean;
  readonly version: string | null;
  /** Rollback index of the release the device runs, where it is known. */
  readonly rollbackIndex: number | null;
  /** Nothing is offered before this: it failed again and again. */
  readonly blockedUntil: Date | null;
  /** Name of an unfinished campaign that holds the device. */
  readonly busyWith: string | null;
}

/** A release of the same name that nobody may skip. */
export interface PassThrough {
  readonly version: string;
  readonly models: readonly string[];
  readonly hardwareRevisions: readonly string[];
}

/** What the campaign asks of its targets; null where it changes no firmware. */
export interface ReleaseDemands {
  readonly models: readonly string[];
  /** Empty stands for every revision. */
  readonly hardwareRevisions: readonly string[];
  readonly version: string;
  readonly rollbackIndex: number;
  /** Oldest version that can take it; null for any. */
  readonly minVersion: string | null;
  readonly passThroughs: readonly PassThrough[];
  readonly allowDowngrade: boolean;
}

export interface Excluded {
  readonly code: ExclusionCode;
  readonly detail: string | null;
}

const byState: Partial<Record<DeviceState, ExclusionCode>> = {
  decommissioning: 'decommissioned',
  decommissioned: 'decommissioned',
  quarantined: 'quarantined',
  pre_registered: 'not_active',
  pending_approval: 'not_active',
  maintenance: 'in_maintenance',
};

const excluded = (code: ExclusionCode, detail: string | null): Excluded => ({ code, detail });

/** Whether a device's version can be held against a release's: what cannot be compared excludes nobody. */
export const isComparable = (version: string | null): version is string => version !== null && isVersion(version);

const fits = (wanted: Pick<PassThrough, 'models' | 'hardwareRevisions'>, device: TargetFacts): boolean =>
  wanted.models.includes(device.model) &&
  (wanted.hardwareRevisions.length === 0 ||
    (device.hardwareRevision !== null && wanted.hardwareRevisions.includes(device.hardwareRevision)));

function hardware(device: TargetFacts, release: ReleaseDemands): Excluded | null {
  if (!release.models.includes(device.model))
    return excluded('hardware_incompatible', `the release is for ${release.models.join(', ')}, not ${device.model}`);
  if (fits(release, device)) return null;
  const has = device.hardwareRevision === null ? 'the device has told none' : `not ${device.hardwareRevision}`;
  return excluded(
    'hardware_incompatible',
    `the release is for revision ${release.hardwareRevisions.join(', ')}; ${has}`,
  );
}

/** The lowest release between the device and the campaign's that has to be installed first. */
const nextStop = (device: TargetFacts, from: string, release: ReleaseDemands): PassThrough | undefined =>
  release.passThroughs
    .filter((stop) => isVersion(stop.version) && fits(stop, device))
    .filter((stop) => compareVersions(stop.version, from) > 0 && compareVersions(stop.version, release.version) < 0)
    .sort((a, b) => compareVersions(a.version, b.version))[0];

function versions(device: TargetFacts, release: ReleaseDemands): Excluded | null {
  const { version } = device;
  if (!isComparable(version) || !isVersion(release.version)) return null;
  const { minVersion } = release;
  if (minVersion !== null && isVersion(minVersion) && compareVersions(version, minVersion) < 0)
    return excluded('below_min_version', `runs ${version}; ${release.version} can be put on ${minVersion} and above`);
  const stop = nextStop(device, version, release);
  if (stop !== undefined)
    return excluded('must_pass_through', `runs ${version}; ${stop.version} comes before ${release.version}`);
  if (!release.allowDowngrade && compareVersions(version, release.version) > 0)
    return excluded('downgrade_refused', `runs ${version}, newer than ${release.version}`);
  return null;
}

/**
 * Why a matched device is left out, or null when it is a target. The first reason that no action on the campaign could
 * change wins; then what its plan could allow, then what passes by itself.
 */
export function judgeTarget(device: TargetFacts, release: ReleaseDemands | null, now: Date): Excluded | null {
  const state = byState[device.state];
  if (state !== undefined) return excluded(state, null);
  if (release !== null) {
    const unfit = hardware(device, release);
    if (unfit !== null) return unfit;
    if (device.version === release.version) return excluded('already_satisfied', `runs ${release.version}`);
    if (device.rollbackIndex !== null && device.rollbackIndex > release.rollbackIndex)
      return excluded(
        'rollback_index_too_low',
        `the device accepts rollback index ${device.rollbackIndex} and above, the release has ${release.rollbackIndex}`,
      );
    const wrong = versions(device, release);
    if (wrong !== null) return wrong;
  }
  if (device.pinned) return excluded('pinned', null);
  if (device.blockedUntil !== null && device.blockedUntil > now)
    return excluded(
      'blocked',
      `failed again and again; nothing is offered before ${device.blockedUntil.toISOString()}`,
    );
  if (device.busyWith !== null) return excluded('in_another_campaign', device.busyWith);
  return null;
}
