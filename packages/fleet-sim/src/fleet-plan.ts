import { chance } from './chance.js';
import type { Place } from './signals.js';
import type { DevicePlan } from './simulated-device.js';

/** Devices of one site and the token they enrol with. */
export interface FleetGroup {
  token: string;
  site: string;
  /** Share of the fleet, relative to the other groups. */
  weight?: number;
}

export interface FleetPlan {
  url: string;
  groups: readonly FleetGroup[];
  devices: number;
  seed: number;
  models?: readonly string[];
  /** What devices run when they come; two different ones make a rollback worth watching. */
  firmwareVersions?: readonly string[];
  /** Begins every serial number, so that two fleets do not meet. */
  prefix?: string;
}

const PLACES: Record<string, Place> = {
  Berlin: { solarOffsetH: 0.9, sunshine: 0.75, temperatureC: 10 },
  Lisbon: { solarOffsetH: -0.6, sunshine: 0.95, temperatureC: 18 },
  Oslo: { solarOffsetH: 0.7, sunshine: 0.55, temperatureC: 6 },
};

/** The sun and the weather of a site; a site nobody knows has some of both. */
export const placeOf = (site: string): Place => PLACES[site] ?? { solarOffsetH: 0, sunshine: 0.8, temperatureC: 12 };

export const demoModels: readonly string[] = ['edge-gateway-100', 'edge-gateway-200'];
export const demoVersions: readonly string[] = ['1.0.0', '1.1.0'];

/** Who is in the fleet: the same seed and size give the same devices, and a larger fleet contains the smaller one. */
export function planFleet({
  url,
  groups,
  devices,
  seed,
  models = demoModels,
  firmwareVersions = demoVersions,
  prefix = 'SIM',
}: FleetPlan): DevicePlan[] {
  const total = groups.reduce((sum, { weight = 1 }) => sum + weight, 0);
  const seen = new Map<string, number>();
  return Array.from({ length: devices }, (_, index) => {
    const serial = `${prefix}-${String(index + 1).padStart(5, '0')}`;
    const group = pick(groups, total, chance(seed, serial, 'site'));
    const model = models[Math.floor(chance(seed, serial, 'model') * models.length)]!;
    const nth = (seen.get(group.site) ?? 0) + 1;
    seen.set(group.site, nth);
    return {
      url,
      token: group.token,
      site: group.site,
      place: placeOf(group.site),
      firmwareVersion: firmwareVersions[Math.floor(chance(seed, serial, 'firmware') * firmwareVersions.length)]!,
      description: {
        serial,
        model,
        hardwareRevision: chance(seed, serial, 'revision') < 0.7 ? 'B' : 'A',
        name: `${group.site.toLowerCase().replace(/[^a-z0-9]+/g, '-')}-${String(nth).padStart(3, '0')}`,
      },
    };
  });
}

function pick(groups: readonly FleetGroup[], total: number, drawn: number): FleetGroup {
  let left = drawn * total;
  for (const group of groups) {
    left -= group.weight ?? 1;
    if (left < 0) return group;
  }
  return groups.at(-1)!;
}
