import { EnrollmentRefused, Unavailable } from '@muster/device-agent/identity/read-answer';
import { pause, systemClock } from '@muster/device-agent/ports/clock';
import { type Log, silentLog } from '@muster/device-agent/ports/log';
import { ArtifactPool } from './artifact-pool.js';
import type { Behaviour, ReleaseFault } from './behaviour.js';
import { chance } from './chance.js';
import { FleetFolder } from './fleet-folder.js';
import { type FleetPlan, planFleet } from './fleet-plan.js';
import { habitOf, type PresencePlan } from './presence.js';
import type { SensorTrouble } from './sensor-faults.js';
import { realTempo, SimulatedDevice, type Tempo } from './simulated-device.js';

export interface FleetOptions extends FleetPlan {
  /** Where devices remember who they are; without it they forget when the process ends. */
  folder?: string;
  tempo?: Partial<Tempo>;
  /** First connections are spread over this time. */
  rampMs?: number;
  /** Enrolments under way at once. */
  concurrency?: number;
  log?: Log;
  /** Faults by release version, each for a share of the fleet. */
  faults?: Readonly<Record<string, Behaviour>>;
  /** Devices that are away at times without anything being wrong. */
  presence?: PresencePlan;
  /** Devices, by their number from 1, whose sensors are not well; they tell a past long enough to show it. */
  sensors?: Readonly<Record<string, readonly SensorTrouble[]>>;
}

export interface Fleet {
  readonly devices: readonly SimulatedDevice[];
  online(): number;
  backlog(): number;
  /** Gives some devices a fault with a release; `*` is any version but the one they came with, null lifts it. */
  setFault(serials: readonly string[] | 'all', version: string, fault: ReleaseFault | null): void;
  stop(): Promise<void>;
}

const ASK_AGAIN_MS = 2_000;
/** How often devices look at the time to go or to come. */
const HABIT_MS = 15_000;

/**
 * Starts a fleet: enrols who is new, connects everyone over mutual TLS, spread over the ramp. Resolves when every device
 * runs. Throws when a device is refused; a server that is away is waited for.
 */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const {
    folder,
    tempo,
    rampMs = 0,
    concurrency = 8,
    log = silentLog,
    seed,
    faults,
    presence = [],
    sensors = {},
  } = options;
  const cache = folder === undefined ? null : new FleetFolder(folder);
  const pool = new ArtifactPool();
  const pace = { ...realTempo, ...tempo };
  const devices = planFleet(options).map((plan, index) => {
    const { serial } = plan.description;
    return new SimulatedDevice(plan, seed, pace, {
      changed: () => cache?.changed(serial),
      log: named(log, serial),
      presence: habitOf(presence, seed, serial),
      pool,
      sensors: sensors[index + 1] ?? [],
      ...(faults && { faults }),
    });
  });
  let stopping = false;
  let cancelHabits = () => {};
  const keepHabits = () => {
    for (const device of devices) void device.keepHabit();
    cancelHabits = systemClock.after(HABIT_MS, keepHabits);
  };
  if (presence.length > 0) keepHabits();
  const fleet: Fleet = {
    devices,
    online: () => devices.filter((device) => device.online).length,
    backlog: () => devices.reduce((sum, device) => sum + device.backlog, 0),
    setFault: (serials, version, fault) => {
      for (const device of devices)
        if (serials === 'all' || serials.includes(device.serial)) device.faults.given.set(version, fault);
    },
    stop: async () => {
      stopping = true;
      cancelHabits();
      await Promise.all(devices.map((device) => device.stop()));
      await cache?.flush();
    },
  };
  const queue = [...devices];
  const startNext = async (): Promise<void> => {
    for (let device = queue.shift(); device && !stopping; device = queue.shift()) {
      await cache?.adopt(device);
      await startDevice(device, chance(seed, device.serial, 'ramp') * rampMs, () => stopping);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, startNext));
  return fleet;
}

/** A server that is starting, restarting or busy is asked again; one that says no is believed. */
async function startDevice(device: SimulatedDevice, firstWaitMs: number, stopping: () => boolean): Promise<void> {
  while (!stopping()) {
    try {
      return await device.start(firstWaitMs);
    } catch (error) {
      if (error instanceof EnrollmentRefused || (error as Error).name === 'RootPinFault') throw error;
      const told = error instanceof Unavailable ? error.retryAfterMs : null;
      await pause(systemClock, Math.max(ASK_AGAIN_MS, told ?? 0));
    }
  }
}

const named = (log: Log, serial: string): Log => ({
  info: (message, facts) => log.info(message, { device: serial, ...facts }),
  warn: (message, facts) => log.warn(message, { device: serial, ...facts }),
});
