import type { Route } from '@muster/contracts/route';
import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Call } from './endpoint.js';
import { parseInput } from './parse-input.js';
import type { Principal } from './principal.js';
import { Refusal } from './refusal.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the door's guard; absent on public routes called without credentials. */
    principal?: Principal | null;
  }
}

const reflector = new Reflector();
export const routeOf = (context: ExecutionContext): Route | undefined =>
  reflector.get<Route | undefined>('muster:route', context.getHandler());

/** Builds what a controller method receives; refuses input that breaks the route's schemas. */
export const callOf = (context: ExecutionContext): Call<Route> => {
  const route = routeOf(context);
  if (!route) throw new Error(`${context.getHandler().name} has no @Endpoint`);
  const http = context.switchToHttp();
  const request = http.getRequest<FastifyRequest>();
  return {
    ...parseInput(route, request),
    route,
    principal: (request.principal ?? null) as Principal,
    ifMatch: readIfMatch(request.headers['if-match'], route.match ?? false),
    requestId: request.id,
    request,
    reply: http.getResponse<FastifyReply>(),
  };
};

/** RFC 9110 13.1.1 with our ETags, which are strong and carry one version: `"7"`. Weak tags never match. */
export const readIfMatch = (header: string | undefined, required: boolean): number | null => {
  if (header === undefined) {
    if (required) throw new Refusal('precondition_required');
    return null;
  }
  const version = /^"(\d{1,15})"$/.exec(header.trim())?.[1];
  if (version === undefined) throw new Refusal('precondition_failed', 'If-Match must be one ETag as this API sent it.');
  return Number(version);
};
