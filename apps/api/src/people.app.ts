import type { DynamicModule, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type ApiDeps, depsModule } from './deps.module.js';
import { answerHealth } from './http/health.js';
import { openApp } from './http/open-app.js';
import { peoplePaces, RateLimits } from './http/rate-limits.js';
import { serveFiles } from './http/served-files.js';
import { serveOpenApi } from './openapi/serve-openapi.js';

/**
 * The application people and clients talk to (8080), initialised but not listening: `app.inject` works, and
 * `app.listen` opens the port. Tests name only the slices they need; `AccessModule` must be among them.
 */
export const createPeopleApp = (
  deps: ApiDeps,
  slices: readonly (Type | DynamicModule)[],
): Promise<NestFastifyApplication> => {
  const limits = new RateLimits(deps.clock, deps.paces ?? peoplePaces);
  return openApp([depsModule(deps, limits), ...slices], {
    log: deps.log,
    limits,
    metrics: deps.metrics,
    nestLogger: deps.nestLogger,
    beforeReady: async (app) => {
      answerHealth(app, deps.database);
      serveOpenApi(app);
      if (deps.files) await serveFiles(app, deps.files);
    },
  });
};
