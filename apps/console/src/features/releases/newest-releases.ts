import type { Release } from '@muster/contracts/releases/releases.schema';

const parts = (version: string) => {
  const [core = '', tail = ''] = version.split('+')[0]!.split(/-(.*)/);
  return { core: core.split('.').map(Number), tail };
};

/** Order of two semantic versions by precedence; a pre-release comes before its release (semver 11). */
export const compareVersions = (a: string, b: string): number => {
  const left = parts(a);
  const right = parts(b);
  for (let i = 0; i < 3; i += 1) {
    const step = (left.core[i] ?? 0) - (right.core[i] ?? 0);
    if (step !== 0) return step;
  }
  if (left.tail === right.tail) return 0;
  if (left.tail === '') return 1;
  return right.tail === '' ? -1 : left.tail.localeCompare(right.tail, 'en', { numeric: true });
};

/** The highest published version for each hardware model. */
export const newestByModel = (
  releases: readonly Pick<Release, 'state' | 'models' | 'version'>[],
): Map<string, string> => {
  const newest = new Map<string, string>();
  for (const release of releases) {
    if (release.state !== 'published') continue;
    for (const model of release.models) {
      const known = newest.get(model);
      if (known === undefined || compareVersions(release.version, known) > 0) newest.set(model, release.version);
    }
  }
  return newest;
};
