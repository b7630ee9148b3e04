import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { nextWindow, type Opening, windowAt } from './maintenance-windows.js';
import { siteAllowance } from './site-budget.js';

/** A site at which devices of a campaign wait. */
export interface SiteFacts {
  /** '' stands for devices without a site: in UTC and under no budget. */
  readonly site: string;
  readonly timezone: string;
  /** Targets of the campaign there. */
  readonly targets: number;
  /** Devices of all campaigns that are updating there now. */
  readonly load: number;
}

/** A freeze that holds now. */
export interface FreezeFacts {
  readonly name: string;
  readonly endsAt: Date;
  /** Null: everywhere. */
  readonly sites: readonly string[] | null;
}

/** What holds offers back beside waves, cap and rate. */
export interface PaceFacts {
  readonly sites: readonly SiteFacts[];
  readonly freezes: readonly FreezeFacts[];
}

export type PacePlan = Partial<Pick<CampaignPlan, 'windows' | 'siteBudget'>>;

/** How many more devices may be offered at a site now; null when nobody counts. */
export interface SiteRoom {
  readonly site: string;
  readonly room: number | null;
}

/** Why a site gets no offer now. */
export type SiteWait =
  | { readonly code: 'frozen'; readonly name: string; readonly until: Date }
  /** The opening that comes next; null when none is in sight. */
  | { readonly code: 'outside_window'; readonly next: Opening | null }
  | { readonly code: 'site_budget'; readonly allowance: number; readonly load: number };

/**
 * Most devices of a site at once, or null without a budget. A launch refuses a budget that starves a site; one that a
 * device came to later, and that is too small for any, lets one through.
 */
export function allowanceOf(
  { siteBudget }: PacePlan,
  { site, targets }: Pick<SiteFacts, 'site' | 'targets'>,
): number | null {
  if (siteBudget === undefined || site === '') return null;
  return Math.max(1, siteAllowance(siteBudget, targets));
}

/** The freeze over a site that ends last. */
const freezeOver = (freezes: readonly FreezeFacts[], site: string): FreezeFacts | undefined =>
  freezes
    .filter(({ sites }) => sites === null || sites.includes(site))
    .reduce<FreezeFacts | undefined>(
      (last, it) => (last === undefined || it.endsAt > last.endsAt ? it : last),
      undefined,
    );

interface ZoneClocks {
  readonly isOpen: (timezone: string) => boolean;
  readonly next: (timezone: string) => Opening | null;
}

/** The windows of each zone, looked up once: a campaign has many sites and few zones. */
function clocksOf({ windows = [] }: PacePlan, now: Date): ZoneClocks {
  const once = <T>(look: (timezone: string) => T): ((timezone: string) => T) => {
    const known = new Map<string, T>();
    return (timezone) => {
      if (!known.has(timezone)) known.set(timezone, look(timezone));
      return known.get(timezone)!;
    };
  };
  return {
    isOpen: once((timezone) => windows.length === 0 || windowAt(windows, timezone, now) !== null),
    next: once((timezone) => nextWindow(windows, timezone, now)),
  };
}

const roomAt = (plan: PacePlan, site: SiteFacts): number | null => {
  const allowance = allowanceOf(plan, site);
  return allowance === null ? null : allowance - site.load;
};

/** The sites at which devices may be offered now: not frozen, in an open window, with room under the budget. */
export function offerableSites(plan: PacePlan, { sites, freezes }: PaceFacts, now: Date): SiteRoom[] {
  const { isOpen } = clocksOf(plan, now);
  return sites
    .map((facts) => ({ facts, site: facts.site, room: roomAt(plan, facts) }))
    .filter(({ facts, room }) => (room === null || room > 0) && isOpen(facts.timezone))
    .filter(({ site }) => freezeOver(freezes, site) === undefined)
    .map(({ site, room }) => ({ site, room }));
}

function waitAt(plan: PacePlan, freezes: readonly FreezeFacts[], site: SiteFacts, clocks: ZoneClocks): SiteWait | null {
  const freeze = freezeOver(freezes, site.site);
  if (freeze !== undefined) return { code: 'frozen', name: freeze.name, until: freeze.endsAt };
  if (!clocks.isOpen(site.timezone)) return { code: 'outside_window', next: clocks.next(site.timezone) };
  const allowance = allowanceOf(plan, site);
  return allowance !== null && site.load >= allowance ? { code: 'site_budget', allowance, load: site.load } : null;
}

/** Why nothing is offered at this site now, the strongest reason first; null when something may be. */
export const waitOf = (plan: PacePlan, freezes: readonly FreezeFacts[], site: SiteFacts, now: Date): SiteWait | null =>
  waitAt(plan, freezes, site, clocksOf(plan, now));

/** What the sites at which devices wait have in common; a reason is given only when it holds all of them, save for budgets. */
export interface PaceWaits {
  readonly freeze: { readonly name: string; readonly until: Date } | null;
  /** No waiting device is in a window, or in one that is not frozen; when the first of them opens. */
  readonly window: { readonly opensAt: Date | null } | null;
  readonly fullSites: readonly string[];
  /** Nothing can be offered anywhere now, and that is by plan. */
  readonly held: boolean;
}

/** What a campaign waits for, over all its sites with waiting devices. */
export function paceWaits(plan: PacePlan, { sites, freezes }: PaceFacts, now: Date): PaceWaits {
  const nothing: PaceWaits = { freeze: null, window: null, fullSites: [], held: false };
  if (sites.length === 0) return nothing;
  const clocks = clocksOf(plan, now);
  const waits = sites.map((site) => ({ site: site.site, wait: waitAt(plan, freezes, site, clocks) }));
  const fullSites = waits.filter(({ wait }) => wait?.code === 'site_budget').map(({ site }) => site);
  const frozen = waits.flatMap(({ wait }) => (wait?.code === 'frozen' ? [wait] : []));
  const closed = waits.flatMap(({ wait }) => (wait?.code === 'outside_window' ? [wait] : []));
  if (fullSites.length + frozen.length + closed.length < waits.length) return { ...nothing, fullSites };
  const soonest = frozen.reduce<(typeof frozen)[number] | null>(
    (a, b) => (a === null || b.until < a.until ? b : a),
    null,
  );
  const openings = closed.flatMap(({ next }) => (next === null ? [] : [next.opensAt.getTime()]));
  return {
    freeze: frozen.length === waits.length && soonest !== null ? { name: soonest.name, until: soonest.until } : null,
    window:
      closed.length === 0 || fullSites.length > 0
        ? null
        : { opensAt: openings.length === 0 ? null : new Date(Math.min(...openings)) },
    fullSites,
    held: true,
  };
}
