import type { Release } from '@muster/contracts/releases/releases.schema';
import { compareVersions } from '@muster/domain/releases/compare-versions';

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
