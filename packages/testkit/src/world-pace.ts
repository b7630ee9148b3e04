import { holdsSlot } from '@muster/domain/campaigns/execution.machine';
import { windowAt } from '@muster/domain/campaigns/maintenance-windows';
import { allowanceOf, type FreezeFacts, type PaceFacts, type PacePlan } from '@muster/domain/campaigns/offerable-sites';
import type { SimulatedDevice } from './simulated-device.js';
import type { TickWorld } from './tick-world.js';

/** What holds offers back in a world: devices belong to the sites in turn. */
export interface WorldPace extends PacePlan {
  readonly sites: readonly { readonly site: string; readonly timezone: string }[];
  readonly freezes: readonly (FreezeFacts & { readonly startsAt: Date })[];
  readonly ratePerMinute: number | null;
  /** How often each device in turn says "not now". */
  readonly deferrals: readonly number[];
}

/** The world's sites and freezes as the engine is told of them. */
export const paceOf = ({ devices, now }: TickWorld, { sites, freezes }: WorldPace): PaceFacts => ({
  sites: sites.map((it) => {
    const own = devices.filter((d) => d.site === it.site);
    return { ...it, targets: own.length, load: own.filter((d) => holdsSlot(d.state)).length };
  }),
  freezes: freezes.filter(({ startsAt, endsAt }) => startsAt <= now && now < endsAt),
});

export const offeredLately = ({ offers, now }: TickWorld): number =>
  offers.filter((at) => now.getTime() - at.getTime() < 60_000).length;

/** Throws when something was offered too fast, at a site that is closed or frozen, or beyond its allowance. */
export function checkPace(world: TickWorld, offered: readonly SimulatedDevice[]): void {
  const { pace } = world.setup;
  if (pace === undefined) return;
  const { sites, freezes } = paceOf(world, pace);
  for (const { site } of offered) {
    const facts = sites.find((it) => it.site === site)!;
    must(
      freezes.every((freeze) => freeze.sites !== null && !freeze.sites.includes(site)),
      `offers at frozen ${site}`,
    );
    const open = (pace.windows ?? []).length === 0 || windowAt(pace.windows!, facts.timezone, world.now) !== null;
    must(open, `offers at ${site} outside its window`);
    const allowance = allowanceOf(pace, facts);
    must(allowance === null || facts.load <= allowance, `${facts.load} at once at ${site}, ${allowance} allowed`);
  }
  const lately = offeredLately(world);
  must(pace.ratePerMinute === null || lately <= pace.ratePerMinute, `${lately} offered within a minute`);
}

export function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
