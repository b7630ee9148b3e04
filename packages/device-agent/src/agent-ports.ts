import type { CommandHandlers } from './commands/handlers.js';
import type { Installer } from './executions/installer.js';
import type { ProbationTimes } from './executions/probation.js';
import type { Objector } from './executions/update-steps.js';
import type { DeviceDescription } from './identity/identity.js';
import type { BackoffLimits } from './link/backoff.js';
import type { Clock } from './ports/clock.js';
import type { FreeDisk } from './ports/disk-space.js';
import type { Files } from './ports/files.js';
import type { Log } from './ports/log.js';
import type { Net } from './ports/net.js';
import type { Power } from './ports/power.js';
import type { PowerSource } from './ports/power-source.js';
import type { Random } from './ports/random.js';
import type { Sampler } from './telemetry/system-metrics.js';

/** The world around one device. Real on a gateway, simulated in a fleet of hundreds. */
export interface AgentPorts {
  clock: Clock;
  files: Files;
  net: Net;
  random: Random;
  power: Power;
  installer: Installer;
  log: Log;
  sample: Sampler;
  powerSource: PowerSource;
  freeDisk: FreeDisk;
}

export interface AgentOptions {
  device: DeviceDescription;
  /** Seconds between samples until a configuration says otherwise. */
  telemetryS?: number;
  /** Longest wait of a reading for company in its message, in milliseconds. */
  lingerMs?: number;
  backoff?: BackoffLimits;
  probation?: ProbationTimes;
  /** What runs on the device may ask for another time for an update, or refuse it. Asked at the offer and before installing. */
  objection?: Objector;
  /** Beside the built-in ones. */
  commands?: CommandHandlers;
  /** Disk for telemetry that waits for its acknowledgement. */
  bufferBytes?: number;
  /** Unacknowledged telemetry messages under way. */
  window?: number;
  /** Says more about the device in its report, beside the configuration. */
  facts?: () => Record<string, string | number | boolean>;
}
