import type { WaveSize } from '@muster/contracts/campaigns/plans.schema';

/** How many targets of a campaign a site has. Devices without a site belong to none and are under no budget. */
export interface SiteTargets {
  readonly site: string;
  readonly targets: number;
}

// Without it 0.3% of 1,000 may be 2.9999999999999996 devices, and floor takes a whole one away.
const ROUNDING = 1e-9;

/** Most devices of a site that may be updating at once, under a plan's budget: a share is rounded down. */
export function siteAllowance(budget: WaveSize, targetsOfSite: number): number {
  return 'percent' in budget ? Math.floor((budget.percent * targetsOfSite) / 100 + ROUNDING) : budget.devices;
}

/** Sites with targets that a budget would never let update any, by name. */
export function starvedSites(budget: WaveSize, sites: readonly SiteTargets[]): SiteTargets[] {
  return sites
    .filter(({ targets }) => targets > 0 && siteAllowance(budget, targets) < 1)
    .sort((a, b) => (a.site < b.site ? -1 : 1));
}

/** The smallest share, in hundredths of a percent, that lets every one of these sites update a device. */
export function smallestPercent(sites: readonly SiteTargets[]): number {
  const fewest = sites.reduce((least, { targets }) => (targets > 0 ? Math.min(least, targets) : least), Infinity);
  return Number.isFinite(fewest) ? Math.ceil(10_000 / fewest - ROUNDING) / 100 : 0;
}
