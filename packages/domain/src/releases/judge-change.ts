import type { ReleasePatch, ReleaseState } from '@muster/contracts/releases/releases.schema';
import { compareVersions } from './compare-versions.js';

/** What a release says of itself and of the devices it is for. */
export interface Demands {
  readonly models: readonly string[];
  readonly hardwareRevisions: readonly string[];
  readonly minVersion: string | null;
  readonly passThrough: boolean;
  readonly supportUntil: Date | null;
  readonly rollbackIndex: number;
  readonly notes: string;
}

export interface DemandFault {
  readonly field: keyof Demands;
  readonly message: string;
}

/** The manifest states the others, and it is signed. */
const FREE_ONCE_SIGNED: ReadonlySet<string> = new Set<keyof ReleasePatch>(['notes', 'supportUntil']);

/** Fields of a patch that would change what was signed; naming one with the value it has changes nothing. */
export const frozenFields = (state: ReleaseState, before: Demands, patch: ReleasePatch): (keyof Demands)[] => {
  if (state === 'draft') return [];
  const after = applyPatch(before, patch);
  return (Object.keys(patch) as (keyof Demands)[]).filter(
    (field) => !FREE_ONCE_SIGNED.has(field) && JSON.stringify(after[field]) !== JSON.stringify(before[field]),
  );
};

/** The demands after a patch; what it does not name stays, null takes a demand away. */
export const applyPatch = (before: Demands, patch: ReleasePatch): Demands => {
  const { supportUntil, ...rest } = patch;
  const named = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const until =
    supportUntil === undefined ? before.supportUntil : supportUntil === null ? null : new Date(supportUntil);
  return { ...before, ...named, supportUntil: until };
};

/**
 * What is wrong with demands that were just made: `minVersion` lies below the release's own version, and support of a
 * draft ends in the future. Support of a signed release may be ended at once, so only its draft is held to that.
 */
export const demandFaults = (
  version: string,
  demands: Pick<Demands, 'minVersion' | 'supportUntil'>,
  { now, drafting }: { readonly now: Date; readonly drafting: boolean },
): DemandFault[] => {
  const faults: DemandFault[] = [];
  if (demands.minVersion !== null && compareVersions(demands.minVersion, version) >= 0)
    faults.push({ field: 'minVersion', message: `must be below the release's own version ${version}` });
  const until = demands.supportUntil?.getTime();
  if (until === undefined) return faults;
  if (Number.isNaN(until)) faults.push({ field: 'supportUntil', message: 'is not a day of the calendar' });
  else if (drafting && until <= now.getTime()) faults.push({ field: 'supportUntil', message: 'must be in the future' });
  return faults;
};
