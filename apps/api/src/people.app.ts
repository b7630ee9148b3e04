import type { DynamicModule, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type ApiDeps, DepsModule } from './deps.module.js';
import { openApp } from './http/open-app.js';

/**
 * The application people and clients talk to (8080), initialised but not listening: `app.inject` works, and
 * `app.listen` opens the port. Tests name only the slices they need; `AccessModule` must be among them.
 *
 *     const app = await createPeopleApp(deps, [AccessModule, DevicesModule]);
 */
export const createPeopleApp = (
  deps: ApiDeps,
  slices: readonly (Type | DynamicModule)[],
): Promise<NestFastifyApplication> => openApp([DepsModule.with(deps), ...slices], deps.log);
