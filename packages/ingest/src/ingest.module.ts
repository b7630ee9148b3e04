import { SETTINGS, type Settings } from '@muster/runtime/config/settings';
import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { ACKS, type Acks } from './acks.js';
import { Admission } from './admission.js';
import { Catalogue } from './catalogue.js';
import { ClockAnchors } from './clock-anchors.js';
import { CloneWatch } from './clone-watch.js';
import { DeadLetters } from './dead-letters.js';
import { DeviceRegistry } from './device-registry.js';
import { FLOOD_PACE, FloodLimit, type FloodPace } from './flood-limit.js';
import { HeartbeatIntake } from './heartbeat-intake.js';
import { Ingest } from './ingest.js';
import { IngestMinutes } from './ingest-minutes.js';
import { Intake } from './intake.js';
import { LatestValues } from './latest-values.js';
import { Onlookers } from './onlookers.js';
import { SessionSightings } from './session-sightings.js';
import { TelemetryIntake } from './telemetry-intake.js';
import { WatchedDevices } from './watched-devices.js';

const parts = [
  DeviceRegistry,
  FloodLimit,
  Admission,
  DeadLetters,
  IngestMinutes,
  WatchedDevices,
  CloneWatch,
  SessionSightings,
  Onlookers,
  Intake,
  Catalogue,
  ClockAnchors,
  Ingest,
  LatestValues,
  TelemetryIntake,
  HeartbeatIntake,
];

/** As the settings have it; tests that give none get their defaults. */
const floodPace = {
  provide: FLOOD_PACE,
  useFactory: (settings?: Partial<Settings>): FloodPace => ({
    perSecond: settings?.floodPerSecond ?? 200,
    burst: settings?.floodBurst ?? 20_000,
  }),
  inject: [{ token: SETTINGS, optional: true }],
};

/**
 * The way from a proven message to a committed row, for any door. The process provides `Database`, CLOCK, LOGGER and METRICS;
 * `acks`, provided by a global module too, is how the door tells its devices what is committed.
 */
@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: Nest's form of a configurable module
export class IngestModule {
  static acknowledgedBy(acks: Type<Acks>): DynamicModule {
    return {
      module: IngestModule,
      global: true,
      providers: [{ provide: ACKS, useExisting: acks }, floodPace, ...parts],
      exports: parts,
    };
  }
}
