import { Database } from '@muster/persistence/database';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { SETTINGS, type Settings } from '@muster/runtime/config/settings';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { METRICS } from '@muster/runtime/metrics/metrics';
import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { UPLINK_TRANSPORT, type UplinkTransport } from './gateway/uplink.port.js';

/** What the process (or a test) hands to the worker. */
export interface WorkerParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: Settings;
  readonly metrics: Registry;
  readonly transport: UplinkTransport;
  /** Further process-wide parts a slice injects: signers, the key vault. */
  readonly providers?: readonly Provider[];
}

/** Makes the process-wide parts injectable everywhere: `Database`, `@Inject(CLOCK)`, `@Inject(LOGGER)`, `@Inject(SETTINGS)`, `@Inject(METRICS)`. */
@Global()
@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: Nest's form of a configurable module
export class ProcessModule {
  static with(parts: WorkerParts): DynamicModule {
    const providers: Provider[] = [
      { provide: Database, useValue: parts.database },
      { provide: CLOCK, useValue: parts.clock },
      { provide: LOGGER, useValue: parts.logger },
      { provide: SETTINGS, useValue: parts.settings },
      { provide: METRICS, useValue: parts.metrics },
      { provide: UPLINK_TRANSPORT, useValue: parts.transport },
      ...(parts.providers ?? []),
    ];
    return { module: ProcessModule, providers, exports: providers };
  }
}
