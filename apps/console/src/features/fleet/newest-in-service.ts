import type { CampaignSummary } from '@muster/contracts/campaigns/campaigns.schema';
import type { FleetSummary } from '@muster/contracts/devices/devices.schema';
import type { Release } from '@muster/contracts/releases/releases.schema';
import { newestByModel } from '../releases/newest-releases.js';

const bad: readonly CampaignSummary['state'][] = ['halted', 'rolling_back', 'failed'];

type Brought = Pick<CampaignSummary, 'parentId' | 'releaseVersion' | 'state' | 'createdAt'>;

/** Versions whose newest campaign ended badly: nobody is meant to be on them. */
const refused = (campaigns: readonly Brought[]): Set<string> => {
  const newest = new Map<string, Brought>();
  for (const one of campaigns) {
    if (one.parentId !== null || one.releaseVersion === null) continue;
    const known = newest.get(one.releaseVersion);
    if (!known || known.createdAt < one.createdAt) newest.set(one.releaseVersion, one);
  }
  return new Set([...newest].filter(([, { state }]) => bad.includes(state)).map(([version]) => version));
};

/**
 * For each model the highest published version that is in service: some device of the model runs it, and its newest
 * campaign neither halted nor was rolled back. A release that is only published is a plan, and a revoked one is none.
 */
export const newestInService = (
  summary: Pick<FleetSummary, 'firmware'>,
  releases: readonly Pick<Release, 'state' | 'models' | 'version'>[],
  campaigns: readonly Brought[],
): Map<string, string> => {
  const not = refused(campaigns);
  const runs = new Set(summary.firmware.filter((row) => row.count > 0).map((row) => `${row.model} ${row.version}`));
  return newestByModel(
    releases
      .filter(({ version }) => !not.has(version))
      .map((release) => ({
        ...release,
        models: release.models.filter((model) => runs.has(`${model} ${release.version}`)),
      })),
  );
};
