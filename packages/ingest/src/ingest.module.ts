import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { ACKS, type Acks } from './acks.js';
import { Catalogue } from './catalogue.js';
import { DeadLetters } from './dead-letters.js';
import { DeviceRegistry } from './device-registry.js';
import { HeartbeatIntake } from './heartbeat-intake.js';
import { Ingest } from './ingest.js';
import { Intake } from './intake.js';
import { LatestValues } from './latest-values.js';
import { TelemetryIntake } from './telemetry-intake.js';

const parts = [DeviceRegistry, DeadLetters, Intake, Catalogue, Ingest, LatestValues, TelemetryIntake, HeartbeatIntake];

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
      providers: [{ provide: ACKS, useExisting: acks }, ...parts],
      exports: parts,
    };
  }
}
