import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Refusal } from './refusal.js';

interface KnownPath {
  readonly matches: RegExp;
  readonly methods: Set<string>;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Every path of the door with its methods, catch-alls left out. */
    knownPaths: Map<string, KnownPath>;
  }
}

/** Remembers which methods each path has. Call before the routes are added. */
export const learnPaths = (fastify: FastifyInstance): void => {
  const known = new Map<string, KnownPath>();
  fastify.decorate('knownPaths', known);
  fastify.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return;
    const path = known.get(url) ?? { matches: patternOf(url), methods: new Set() };
    known.set(url, path);
    for (const one of [method].flat()) path.methods.add(one);
  });
};

/** What to answer when no route took the request: another method would be right, or there is nothing here. */
export const absenceOf = (request: FastifyRequest): Refusal => {
  const path = request.url.split('?', 1)[0]!;
  const known = [...request.server.knownPaths.values()].filter(({ matches }) => matches.test(path));
  const methods = new Set(known.flatMap((one) => [...one.methods]));
  const wrongMethod = methods.size > 0 && !methods.has(request.method);
  return wrongMethod ? Refusal.methodNotAllowed([...methods].sort()) : new Refusal('not_found');
};

const patternOf = (url: string): RegExp => {
  const segments = url
    .split('/')
    .map((step) => (step.startsWith(':') ? '[^/]+' : step.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')));
  return new RegExp(`^${segments.join('/')}/?$`);
};
