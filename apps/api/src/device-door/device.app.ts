import type { IncomingMessage } from 'node:http';
import type { ServerOptions } from 'node:https';
import { serverTls } from '@muster/runtime/tls/server-tls';
import type { DynamicModule, Type } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { type ApiDeps, depsModule } from '../deps.module.js';
import { dressEst } from '../enrollment/est/dress-est.js';
import { dressFront, requestIdOf } from '../http/front.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { devicePaces, RateLimits } from '../http/rate-limits.js';
import { DeviceDoorModule } from './device-door.module.js';

class Root {}

/** Certificate with its chain up to the root (devices find the root they were told of in it), key, and trust list. */
export interface DoorTls {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** A certificate request is at most 16 KiB; a body has its JSON around it. */
const BODY_LIMIT = 32 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * The application devices talk to (8443), initialised but not listening. A client certificate is asked for and not
 * demanded: the enrolling device has none yet, and who has one is validated by DeviceGuard, not by TLS.
 */
export const createDeviceApp = async (
  deps: ApiDeps,
  tls: DoorTls,
  slices: readonly (Type | DynamicModule)[] = [],
): Promise<NestFastifyApplication> => {
  const adapter = new FastifyAdapter({
    https: { ...secure(tls), ...impatient },
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: (request: IncomingMessage) => requestIdOf(request.headers),
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
  } as ConstructorParameters<typeof FastifyAdapter>[0]);
  const limits = new RateLimits(deps.clock, deps.paces ?? devicePaces);
  const root = {
    module: Root,
    imports: [depsModule(deps, limits), DeviceDoorModule, ...slices],
    providers: [{ provide: APP_FILTER, useClass: ProblemFilter }],
  };
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    logger: deps.nestLogger ?? ['error', 'warn'],
    abortOnError: false,
    bodyParser: false,
  });
  const { log, metrics } = deps;
  await dressFront(app, { door: 'devices', log, limits, metrics, bodyLimit: BODY_LIMIT });
  dressEst(app.getHttpAdapter().getInstance() as unknown as FastifyInstance);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
};

/**
 * Both times, because Node swaps them when that for the headers is the longer one, and its default of a minute is; and how
 * often it looks for slow requests, which by default is every half minute.
 */
const impatient: ServerOptions = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  headersTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: 1_000,
};

const secure = (tls: DoorTls): ServerOptions => ({
  ...tls,
  requestCert: true,
  rejectUnauthorized: false,
  ...serverTls,
  handshakeTimeout: REQUEST_TIMEOUT_MS,
});

/** New connections meet the new certificate and trust list; those that stand stay. */
export const renewTls = (app: NestFastifyApplication, tls: DoorTls): void => {
  const server = app.getHttpServer() as unknown as { setSecureContext(options: ServerOptions): void };
  server.setSecureContext(secure(tls));
};
