import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { type Refused, type Result, refused } from '../result.js';
import { checkWindows } from './maintenance-windows.js';
import { type PlannedWave, type PlanRefusal, planWaves } from './plan-waves.js';
import { type SiteTargets, smallestPercent, starvedSites } from './site-budget.js';

export type FleetRefusal = PlanRefusal | 'budget_starves_site';

/** Sites named in a sentence; the facts name them all. */
const NAMED = 10;

const nameSites = (sites: readonly SiteTargets[]): string => {
  const named = sites.slice(0, NAMED).map(({ site, targets }) => `${site} (${targets})`);
  const more = sites.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};

/** How many targets each site has; devices without a site are under no budget. */
export function countSites(targets: readonly { readonly site: string | null }[]): SiteTargets[] {
  const sites = new Map<string, number>();
  for (const { site } of targets) if (site !== null) sites.set(site, (sites.get(site) ?? 0) + 1);
  return [...sites].map(([site, count]) => ({ site, targets: count }));
}

/** Refuses a site budget that would hold a whole site back for ever, naming the sites and what would do. */
export function judgeBudget(
  plan: Pick<CampaignPlan, 'siteBudget'>,
  targets: readonly { readonly site: string | null }[],
): Refused<'budget_starves_site'> | null {
  const { siteBudget } = plan;
  if (siteBudget === undefined || 'devices' in siteBudget) return null;
  const starved = starvedSites(siteBudget, countSites(targets));
  if (starved.length === 0) return null;
  const least = smallestPercent(starved);
  return refused(
    'budget_starves_site',
    `${siteBudget.percent}% lets no device update at ${nameSites(starved)}: it takes ${least}% or a number of devices.`,
    { sites: starved.map(({ site }) => site), smallestPercent: least },
  );
}

/** What is wrong with a plan whatever the fleet: its windows. */
export function judgeWindows(plan: Pick<CampaignPlan, 'windows'>): Refused<'plan_invalid'> | null {
  const wrong = checkWindows(plan.windows ?? []);
  return wrong === null ? null : refused('plan_invalid', wrong);
}

/** A launch that was to happen by itself at a time that is over would happen at once: somebody has to say so. */
export const judgeStart = (plan: Pick<CampaignPlan, 'startAt'>, now: Date): Refused<'plan_invalid'> | null =>
  plan.startAt !== undefined && Date.parse(plan.startAt) <= now.getTime()
    ? refused('plan_invalid', `It was to start at ${plan.startAt}, which is over.`, { startAt: plan.startAt })
    : null;

/** Cuts eligible targets into the plan's waves, or says why this plan does not do for them. */
export function judgePlan(
  plan: Pick<CampaignPlan, 'waves' | 'windows' | 'siteBudget'>,
  eligible: readonly { readonly site: string | null }[],
): Result<PlannedWave[], FleetRefusal> {
  const windows = judgeWindows(plan);
  if (windows !== null) return windows;
  const waves = planWaves(
    plan.waves.map((wave) => wave.size),
    eligible.length,
  );
  return waves.ok ? (judgeBudget(plan, eligible) ?? waves) : waves;
}
