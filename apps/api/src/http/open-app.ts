import type { IncomingMessage } from 'node:http';
import type { DynamicModule, LoggerService, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Registry } from 'prom-client';
import { BODY_LIMIT, dressFront, requestIdOf } from './front.js';
import { HttpModule } from './http.module.js';
import type { Log } from './log.js';
import type { RateLimits } from './rate-limits.js';

class Root {}

export interface OpenOptions {
  readonly log: Log;
  readonly limits: RateLimits;
  readonly metrics?: Registry;
  /** Where Nest itself reports; errors and warnings on the console otherwise. */
  readonly nestLogger?: LoggerService;
  /** Adds plain Fastify routes (files, health) behind the same headers and log. */
  readonly beforeReady?: (app: NestFastifyApplication) => Promise<void>;
}

/** A Nest application behind the people's door, initialised but not listening, so `app.inject` works at once. */
export const openApp = async (
  imports: readonly (Type | DynamicModule)[],
  { log, limits, nestLogger, metrics, beforeReady }: OpenOptions,
): Promise<NestFastifyApplication> => {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    genReqId: (request: IncomingMessage) => requestIdOf(request.headers),
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
  });
  const root = { module: Root, imports: [HttpModule, ...imports] };
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    logger: nestLogger ?? ['error', 'warn'],
    abortOnError: false,
    bodyParser: false,
  });
  await dressFront(app, { door: 'people', log, limits, metrics });
  await beforeReady?.(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
};
