import type { z } from 'zod';
import type { Permission } from './access/permissions.js';
import type { ProblemCode } from './problem.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * A route is data: the api attaches it, the console's client calls it, OpenAPI is written from it.
 * `path` is below /api/v1 with `:name` parameters. `permission: null` means any signed-in principal;
 * `'public'` means nobody needs to be signed in. `match: true` demands If-Match (428 without, 412 when stale).
 */
export interface Route<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  R extends z.ZodType = z.ZodType,
> {
  readonly method: Method;
  readonly path: string;
  readonly summary: string;
  readonly permission: Permission | null | 'public';
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly returns?: R;
  readonly status?: number;
  readonly match?: boolean;
  readonly idempotent?: boolean;
  readonly refuses?: readonly ProblemCode[];
}

export const route = <
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
  R extends z.ZodType = z.ZodUndefined,
>(
  r: Route<P, Q, B, R>,
): Route<P, Q, B, R> => r;
