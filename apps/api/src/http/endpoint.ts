/**
 * How a slice answers HTTP. A controller method takes one argument, the call, and returns the route's output:
 *
 *     @Controller()
 *     export class DevicesController {
 *       constructor(private readonly devices: DevicesService) {}
 *
 *       @Endpoint(getDevice)
 *       get(call: Call<typeof getDevice>) {
 *         return this.devices.get(call);
 *       }
 *     }
 *
 * The door has already parsed params, query and body by the route's schemas, checked the permission and read
 * If-Match; what is returned passes through `returns`, so an undeclared column cannot leak. Answer a versioned
 * resource with `withEtag(resource, version)`. The compiler checks the method against the route.
 */
import type { Method, Route, RouteInput, RouteOutput } from '@muster/contracts/route';
import {
  applyDecorators,
  createParamDecorator,
  HttpCode,
  RequestMapping,
  RequestMethod,
  SetMetadata,
} from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callOf } from './call.js';
import type { Principal } from './principal.js';

export const API_PREFIX = '/api/v1';
export const ROUTE = 'muster:route';

export type Call<T extends Route> = RouteInput<T> & {
  readonly route: T;
  /** Null only on public routes. */
  readonly principal: T['permission'] extends 'public' ? Principal | null : Principal;
  /** The version in If-Match; always there when the route says `match: true`. */
  readonly ifMatch: T extends { match: true } ? number : number | null;
  readonly requestId: string;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
};

/** A resource with the version that becomes its strong ETag. */
export class Tagged<T> {
  constructor(
    readonly resource: T,
    readonly version: number,
  ) {}
}
export const withEtag = <T>(resource: T, version: number): Tagged<T> => new Tagged(resource, version);

export type Answer<T extends Route> = RouteOutput<T> | Tagged<RouteOutput<T>>;

const InCall = createParamDecorator((_: unknown, context) => callOf(context));

/** Status on success: the declared one, else 200 with a schema and 204 without. */
export const successStatus = (route: Route): number => route.status ?? (route.returns ? 200 : 204);

/** Attaches a contract route to a controller method. */
export const Endpoint =
  <T extends Route>(route: T) =>
  <M extends (call: Call<T>) => Promise<Answer<T>> | Answer<T>>(
    target: object,
    key: string,
    descriptor: TypedPropertyDescriptor<M>,
  ): void => {
    InCall()(target, key, 0);
    applyDecorators(
      RequestMapping({ method: RequestMethod[route.method as Method], path: `${API_PREFIX}${route.path}` }),
      HttpCode(successStatus(route)),
      SetMetadata(ROUTE, route),
      ...(route.bodyLimit === undefined ? [] : [RouteConfig({ bodyLimit: route.bodyLimit })]),
    )(target, key, descriptor as TypedPropertyDescriptor<unknown>);
  };
