import { Database } from '@muster/persistence/database';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { LOGGER } from '@muster/runtime/logging/logger';
import { METRICS } from '@muster/runtime/metrics/metrics';
import { type DynamicModule, type LoggerService, Module, type Provider } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { LOG, type Log } from './http/log.js';
import { Paging } from './http/paging.js';
import { type Paces, RateLimits } from './http/rate-limits.js';
import { SECRET } from './http/secret.js';
import type { ServedFiles } from './http/served-files.js';

/** What a process (or a test) hands to the api's applications. */
export interface ApiDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** Where the doors count; tests leave it out. */
  readonly metrics?: Registry;
  /** 32 bytes, the same on every replica, from which the door derives its keys. */
  readonly secret: Buffer;
  readonly nestLogger?: LoggerService;
  /** How much may be asked of the application; its door's usual paces when left out. */
  readonly paces?: Paces;
  /** The console and the agent tarball; tests of the API leave them out. */
  readonly files?: ServedFiles;
  /** Further process-wide parts a slice injects: signers, the artifact store, settings. */
  readonly providers?: readonly Provider[];
}

@Module({})
class DepsModule {}

/** Makes the process-wide parts injectable everywhere: `Database`, `Paging`, `@Inject(CLOCK)`, `@Inject(LOG)` (for what the chassis knows, LOGGER), `@Inject(SECRET)`, `RateLimits`. */
export const depsModule = (deps: ApiDeps, limits: RateLimits): DynamicModule => {
  const providers: Provider[] = [
    { provide: Database, useValue: deps.database },
    { provide: CLOCK, useValue: deps.clock },
    { provide: LOG, useValue: deps.log },
    { provide: LOGGER, useValue: deps.log },
    { provide: SECRET, useValue: deps.secret },
    { provide: RateLimits, useValue: limits },
    { provide: Paging, useFactory: () => new Paging(deps.secret) },
    ...(deps.metrics ? [{ provide: METRICS, useValue: deps.metrics }] : []),
    ...(deps.providers ?? []),
  ];
  return { module: DepsModule, global: true, providers, exports: providers };
};
