import type { z } from 'zod';
import type { Permission } from './access/permissions.js';
import type { ProblemCode } from './problem.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * A route is data: the api attaches it, the console's client calls it, OpenAPI is written from it.
 * `path` is below /api/v1 with `:name` parameters. `permission: null` means any signed-in principal;
 * `'public'` means nobody needs to be signed in. `match: true` demands If-Match (428 without, 412 when stale).
 * `bodyLimit` is the largest body in bytes where it is not the door's own limit.
 * `idempotent: true` honours Idempotency-Key. Without `returns` the answer has no JSON body (204, or a stream).
 */
export interface Route {
  readonly method: Method;
  readonly path: string;
  readonly summary: string;
  readonly permission: Permission | null | 'public';
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly returns?: z.ZodType;
  readonly status?: number;
  readonly match?: boolean;
  readonly bodyLimit?: number;
  readonly idempotent?: boolean;
  readonly refuses?: readonly ProblemCode[];
}

/** Declares a route; `const` keeps its schemas and flags in the type, so inputs and outputs follow from it. */
export const route = <const T extends Route>(r: T): T => r;

type Parsed<T> = T extends z.ZodType ? z.output<T> : undefined;
type Written<T> = T extends z.ZodType ? z.input<T> : undefined;

/** What a handler gets: each part parsed by its schema, `undefined` where the route declares none. */
export type RouteInput<T extends Route> = {
  params: Parsed<T['params']>;
  query: Parsed<T['query']>;
  body: Parsed<T['body']>;
};
/** What a handler returns, before the answer passes through `returns` (which drops undeclared properties). */
export type RouteOutput<T extends Route> = T['returns'] extends z.ZodType ? z.input<T['returns']> : unknown;
/** What a client sends. */
export type RouteRequest<T extends Route> = {
  params: Written<T['params']>;
  query: Written<T['query']>;
  body: Written<T['body']>;
};
/** What a client receives. */
export type RouteAnswer<T extends Route> = Parsed<T['returns']>;
