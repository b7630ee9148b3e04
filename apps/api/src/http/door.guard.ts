import type { Route } from '@muster/contracts/route';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { routeOf } from './call.js';
import { type Credentials, type Principal, PrincipalSource } from './principal.js';
import { RateLimits } from './rate-limits.js';
import { Refusal } from './refusal.js';

export const SESSION_COOKIE = 'muster_session';

/** Decides who is calling and whether they may: credentials, then origin, then pace, then permission. */
@Injectable()
export class DoorGuard implements CanActivate {
  constructor(
    private readonly principals: PrincipalSource,
    private readonly limits: RateLimits,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const route = routeOf(context);
    if (!route) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const credentials = credentialsOf(request);
    if (credentials.sessionToken !== undefined) refuseForeignOrigin(request);
    request.principal = await this.principals.resolve(credentials);
    if (request.principal) this.limits.chargeCaller(request.principal.id);
    if (route.permission !== 'public') permit(request.principal, route);
    return true;
  }
}

/** A bearer key wins over the cookie, so that a script run beside a signed-in browser acts as the key. */
export const credentialsOf = (request: FastifyRequest): Credentials => {
  const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return { apiKey: bearer };
  const sessionToken = request.cookies[SESSION_COOKIE];
  return sessionToken === undefined ? {} : { sessionToken };
};

/**
 * Cross-site request forgery: a browser names the origin on every unsafe request, so one that names another origin is
 * refused even where SameSite would not hold. A client without Origin is no browser and carries no ambient cookie.
 */
const refuseForeignOrigin = (request: FastifyRequest): void => {
  const { origin, host } = request.headers;
  if (request.method === 'GET' || request.method === 'HEAD' || origin === undefined) return;
  if (!URL.canParse(origin) || new URL(origin).host !== host) throw new Refusal('origin_refused');
};

const permit = (principal: Principal | null, route: Route): void => {
  if (!principal) throw new Refusal('unauthenticated');
  const needed = route.permission;
  if (needed === null || needed === 'public' || principal.permissions.has(needed)) return;
  throw new Refusal('forbidden', `This needs the permission ${needed}.`, { permission: needed });
};
