import type { DeviceState } from '@muster/contracts/devices/devices.schema';

export const exclusionCodes = [
  'decommissioned',
  'quarantined',
  'not_active',
  'in_maintenance',
  'incompatible',
  'pinned',
  'below_rollback_index',
  'already_satisfied',
  'in_another_campaign',
] as const;
export type ExclusionCode = (typeof exclusionCodes)[number];

export interface TargetFacts {
  readonly state: DeviceState;
  readonly model: string;
  readonly pinned: boolean;
  readonly version: string | null;
  /** Rollback index of the release the device runs, where it is known. */
  readonly rollbackIndex: number | null;
  /** Name of an unfinished campaign that holds the device. */
  readonly busyWith: string | null;
}

/** What the campaign asks of its targets; null where it changes no firmware. */
export interface ReleaseDemands {
  readonly models: readonly string[];
  readonly version: string;
  readonly rollbackIndex: number;
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

/** Why a matched device is left out, or null when it is a target. The first reason that no action on the campaign could change wins. */
export function judgeTarget(device: TargetFacts, release: ReleaseDemands | null): Excluded | null {
  const state = byState[device.state];
  if (state !== undefined) return { code: state, detail: null };
  if (release !== null) {
    if (!release.models.includes(device.model))
      return { code: 'incompatible', detail: `the release is for ${release.models.join(', ')}, not ${device.model}` };
    if (device.version === release.version) return { code: 'already_satisfied', detail: `runs ${release.version}` };
    if (device.rollbackIndex !== null && device.rollbackIndex > release.rollbackIndex)
      return {
        code: 'below_rollback_index',
        detail: `the device accepts rollback index ${device.rollbackIndex} and above, the release has ${release.rollbackIndex}`,
      };
  }
  if (device.pinned) return { code: 'pinned', detail: null };
  if (device.busyWith !== null) return { code: 'in_another_campaign', detail: device.busyWith };
  return null;
}
