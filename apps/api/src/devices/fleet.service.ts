import type * as routes from '@muster/contracts/devices/devices.routes';
import { deviceStates, type FleetSummary, presences } from '@muster/contracts/devices/devices.schema';
import { Database } from '@muster/persistence/database';
import { type FleetGroup, fleetStore } from '@muster/persistence/devices/fleet.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';

const MONTH_MS = 30 * 86_400_000;

/** Counts over the fleet. */
@Injectable()
export class FleetService {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  summary(call: Call<typeof routes.fleetSummary>): Promise<FleetSummary> {
    const now = this.clock.now();
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const groups = await fleetStore.groups(tx);
      return {
        ...summarise(groups),
        asOf: now.toISOString(),
        drifted: await fleetStore.driftedDevices(tx),
        certificatesExpiring30d: await fleetStore.certificatesEndingBefore(tx, new Date(now.getTime() + MONTH_MS)),
      };
    });
  }
}

type Counted = Omit<FleetSummary, 'asOf' | 'drifted' | 'certificatesExpiring30d'>;

const summarise = (groups: readonly FleetGroup[]): Counted => ({
  total: sum(groups),
  presence: countBy(groups, presences, ({ presence }) => presence),
  states: countBy(groups, deviceStates, ({ state }) => state),
  health: countBy(groups, ['ok', 'degraded', 'error', 'unknown'] as const, ({ health }) => health ?? 'unknown'),
  firmware: grouped(groups, ({ model, firmwareVersion }) => JSON.stringify([model, firmwareVersion])).map((some) => ({
    model: some[0]!.model,
    version: some[0]!.firmwareVersion,
    count: sum(some),
  })),
  sites: grouped(groups, ({ site }) => String(site)).map((some) => ({
    site: some[0]!.site,
    total: sum(some),
    online: sum(some.filter(({ presence }) => presence === 'online' || presence === 'late')),
  })),
  models: grouped(groups, ({ model }) => model).map((some) => ({ model: some[0]!.model, total: sum(some) })),
});

const sum = (groups: readonly FleetGroup[]): number => groups.reduce((total, { devices }) => total + devices, 0);

const countBy = <K extends string>(groups: readonly FleetGroup[], keys: readonly K[], of: (group: FleetGroup) => K) =>
  Object.fromEntries(keys.map((key) => [key, sum(groups.filter((group) => of(group) === key))])) as Record<K, number>;

/** Largest first. */
const grouped = (groups: readonly FleetGroup[], key: (group: FleetGroup) => string): FleetGroup[][] =>
  [...Map.groupBy(groups, key).values()].sort((a, b) => sum(b) - sum(a));
