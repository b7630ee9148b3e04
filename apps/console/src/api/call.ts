import type { Problem } from '@muster/contracts/problem';
import type { Route, RouteAnswer, RouteRequest } from '@muster/contracts/route';
import { foreignAnswer, ProblemError, unreachable } from './problem-error.js';

/** An optional field may also be given as undefined; it is left out on the way. */
type Loose<T> = { readonly [K in keyof T]: undefined extends T[K] ? T[K] | undefined : T[K] };

/** A part the route declares: required, unless every field in it is optional. */
type Field<R extends Route, K extends 'params' | 'query' | 'body'> = RouteRequest<R>[K] extends undefined
  ? { readonly [k in K]?: undefined }
  : Partial<RouteRequest<R>[K]> extends RouteRequest<R>[K]
    ? { readonly [k in K]?: Loose<RouteRequest<R>[K]> }
    : { readonly [k in K]: Loose<RouteRequest<R>[K]> };

/** What a call of one route needs. `match` is the version the decision was made on; it becomes If-Match. */
export type CallInput<R extends Route> = Field<R, 'params'> &
  Field<R, 'query'> &
  Field<R, 'body'> & {
    readonly match?: number | string;
    readonly idempotencyKey?: string;
    readonly signal?: AbortSignal;
  };

const root = '/api/v1';

/** 128 random bits in hex. Not crypto.randomUUID: browsers withhold that on plain http, which is how a LAN console is opened. */
export const mintKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Fills `:name` parameters and appends the query, leaving out what is undefined. Lists repeat their key. */
export const urlFor = (path: string, params: object = {}, query: object = {}): string => {
  const values = params as Record<string, unknown>;
  const filled = path.replace(/:([A-Za-z]+)/g, (_, name: string) => encodeURIComponent(String(values[name])));
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === '') continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(key, String(one));
  }
  const text = search.toString();
  return `${root}${filled}${text ? `?${text}` : ''}`;
};

const problemOf = async (response: Response): Promise<Problem> => {
  const requestId = response.headers.get('x-request-id');
  if (!response.headers.get('content-type')?.includes('json')) return foreignAnswer(response.status, requestId);
  const body = (await response.json().catch(() => null)) as Problem | null;
  return body?.code ? body : foreignAnswer(response.status, requestId);
};

/**
 * Calls a route of the contracts and returns its body. Throws ProblemError for every answer that is not 2xx and when
 * nobody answers. The session is a same-origin cookie, so no token passes through here.
 */
export const call = async <R extends Route>(route: R, input: CallInput<R>): Promise<RouteAnswer<R>> => {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (input.body !== undefined) headers['content-type'] = 'application/json';
  if (input.match !== undefined)
    headers['if-match'] = typeof input.match === 'number' ? `"${input.match}"` : input.match;
  if (route.idempotent) headers['idempotency-key'] = input.idempotencyKey ?? mintKey();

  const response = await fetch(urlFor(route.path, input.params, input.query), {
    method: route.method,
    headers,
    credentials: 'same-origin',
    ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
    ...(input.signal ? { signal: input.signal } : {}),
  }).catch((fault: unknown) => {
    if (fault instanceof DOMException && fault.name === 'AbortError') throw fault;
    throw new ProblemError(unreachable());
  });
  if (!response.ok) throw new ProblemError(await problemOf(response));
  if (response.status === 204) return undefined as RouteAnswer<R>;
  return (await response.json()) as RouteAnswer<R>;
};
