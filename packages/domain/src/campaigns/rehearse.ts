import type { CampaignState } from '@muster/contracts/campaigns/campaigns.schema';
import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { hasEnded } from './campaign.machine.js';
import { orderTargets } from './order-targets.js';
import { type PlannedWave, planWaves } from './plan-waves.js';
import { RehearsalWorld } from './rehearsal-world.js';
import type { Decision } from './tick-facts.js';
import { type InstallTimes, type PresencePattern, type RehearsedDevice, VirtualFleet } from './virtual-fleet.js';

export interface RehearsalSetup {
  readonly plan: CampaignPlan;
  /** In the order waves are cut from: `lineUp` makes it. */
  readonly devices: readonly RehearsedDevice[];
  readonly waves: readonly PlannedWave[];
  readonly install: InstallTimes;
  readonly failureRate: number;
  readonly seed: number;
  readonly startMs: number;
}

export interface RehearsalRun {
  readonly state: CampaignState;
  readonly durationS: number;
  /** Devices that had the release when it halted, or at the end. */
  readonly exposed: number;
  readonly hash: number;
  /** The evidence it halted on. */
  readonly halted: Decision | null;
  readonly curve: readonly [seconds: number, updated: number][];
  readonly waves: readonly {
    readonly n: number;
    readonly size: number;
    readonly opensS: number | null;
    readonly passesS: number | null;
  }[];
}

/** Devices in the order a launch would freeze them, with their waves. */
export function lineUp(seed: string, plan: CampaignPlan, devices: readonly RehearsedDevice[]) {
  const waves = planWaves(
    plan.waves.map((wave) => wave.size),
    devices.length,
  );
  if (!waves.ok) return waves;
  const byId = new Map(devices.map((device) => [device.deviceId, device] as const));
  const ordered = orderTargets(seed, devices).map((id) => byId.get(id)!);
  return { ok: true as const, value: { devices: ordered, waves: waves.value } };
}

/** What the devices with a history do on average: how those without one are taken to behave. */
export function usualPresence(devices: readonly RehearsedDevice[]): PresencePattern {
  const known = devices.flatMap((device) => (device.presence === null ? [] : [device.presence]));
  if (known.length === 0) return { share: 1, absenceS: 0 };
  const mean = (of: (p: PresencePattern) => number): number => known.reduce((sum, p) => sum + of(p), 0) / known.length;
  return { share: mean((p) => p.share), absenceS: mean((p) => p.absenceS) };
}

/**
 * Plays one campaign in virtual time, a visited second at a time, so that a server can do something else in between; the
 * same setup always gives the same run, to the hash.
 */
export function* rehearse(setup: RehearsalSetup): Generator<void, RehearsalRun> {
  const { devices, seed, failureRate, install, startMs } = setup;
  const fleet = new VirtualFleet(devices, { seed, failureRate, install, startMs, usual: usualPresence(devices) });
  const world = new RehearsalWorld(setup.plan, fleet, setup.waves, startMs);
  while (world.step()) yield;
  const stopped = hasEnded(world.state) || world.state === 'halted';
  return {
    state: world.state,
    durationS: world.elapsedS(),
    exposed: world.updatedDevices,
    hash: world.hash,
    halted: world.halted,
    curve: stopped ? [...world.curve, [world.elapsedS(), world.updatedDevices]] : world.curve,
    waves: world.waves.map(({ n, size, openedMs, passedMs }) => ({
      n,
      size,
      opensS: openedMs === null ? null : world.elapsedS(openedMs),
      passesS: passedMs === null ? null : world.elapsedS(passedMs),
    })),
  };
}
