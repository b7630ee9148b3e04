import type { NewRelease, Release, ReleasePatch } from '@muster/contracts/releases/releases.schema';
import { compareVersions } from '@muster/domain/releases/compare-versions';

/** What people fill in about a release, as text fields hold it. */
export interface DemandForm {
  readonly models: readonly string[];
  readonly hardwareRevisions: readonly string[];
  readonly minVersion: string;
  readonly passThrough: boolean;
  /** A day such as 2029-12-31, or nothing. */
  readonly supportUntil: string;
  readonly rollbackIndex: number;
  readonly notes: string;
}

export const blankDemands: DemandForm = {
  models: [],
  hardwareRevisions: [],
  minVersion: '',
  passThrough: false,
  supportUntil: '',
  rollbackIndex: 0,
  notes: '',
};

export const demandsOf = (release: Release): DemandForm => ({
  models: release.models,
  hardwareRevisions: release.hardwareRevisions,
  minVersion: release.minVersion ?? '',
  passThrough: release.passThrough,
  supportUntil: release.supportUntil?.slice(0, 10) ?? '',
  rollbackIndex: release.rollbackIndex,
  notes: release.notes,
});

export const isVersion = (text: string): boolean => /^\d+\.\d+\.\d+([-+][0-9A-Za-z.-]+)?$/.test(text);

/** What is wrong with the minimum version, for the field it stands in. */
export const minVersionFault = (minVersion: string, version: string): string | null => {
  if (minVersion === '') return null;
  if (!isVersion(minVersion)) return 'A semantic version such as 1.4.0';
  return isVersion(version) && compareVersions(minVersion, version) >= 0 ? `Below ${version}, its own version` : null;
};

const instantOf = (day: string): string => `${day}T00:00:00.000Z`;

export const newDemands = (form: DemandForm): Omit<NewRelease, 'name' | 'version' | 'artifactId'> => ({
  models: [...form.models],
  hardwareRevisions: [...form.hardwareRevisions],
  passThrough: form.passThrough,
  rollbackIndex: form.rollbackIndex,
  notes: form.notes,
  ...(form.minVersion === '' ? {} : { minVersion: form.minVersion }),
  ...(form.supportUntil === '' ? {} : { supportUntil: instantOf(form.supportUntil) }),
});

/** Only what differs from the release; a field that was emptied takes its demand away. */
export const patchOf = (release: Release, form: DemandForm): ReleasePatch => {
  const before = demandsOf(release);
  const changed = <K extends keyof DemandForm>(key: K): boolean =>
    JSON.stringify(before[key]) !== JSON.stringify(form[key]);
  return {
    ...(changed('models') && { models: [...form.models] }),
    ...(changed('hardwareRevisions') && { hardwareRevisions: [...form.hardwareRevisions] }),
    ...(changed('minVersion') && { minVersion: form.minVersion === '' ? null : form.minVersion }),
    ...(changed('passThrough') && { passThrough: form.passThrough }),
    ...(changed('supportUntil') && { supportUntil: form.supportUntil === '' ? null : instantOf(form.supportUntil) }),
    ...(changed('rollbackIndex') && { rollbackIndex: form.rollbackIndex }),
    ...(changed('notes') && { notes: form.notes }),
  };
};
