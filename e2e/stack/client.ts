import type { Route } from '@muster/contracts/route';
import type { z } from 'zod';

type Of<S, K extends 'input' | 'output'> = S extends z.ZodUndefined
  ? undefined
  : S extends z.ZodType
    ? K extends 'input'
      ? z.input<S>
      : z.output<S>
    : never;

export interface CallOptions<P, Q, B> {
  params?: P;
  query?: Q;
  body?: B;
  /** Version for If-Match. */
  match?: number;
  headers?: Record<string, string>;
}

export interface Answer<R> {
  readonly status: number;
  readonly body: R;
  readonly headers: Headers;
}

/** Calls the application API as a client outside would: over HTTP, with an API key, by the published routes. */
export class ApiClient {
  constructor(
    readonly baseUrl: string,
    readonly key: string,
  ) {}

  /** The answer whatever its status; `call` is for when only success will do. */
  async attempt<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
    route: Route<P, Q, B, R>,
    options: CallOptions<Of<P, 'input'>, Partial<Of<Q, 'input'>>, Of<B, 'input'>> = {},
  ): Promise<Answer<Of<R, 'output'>>> {
    const response = await fetch(this.#url(route, options.params, options.query), {
      method: route.method,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(options.match === undefined ? {} : { 'if-match': `"${options.match}"` }),
        ...options.headers,
      },
      body: options.body === undefined ? null : JSON.stringify(options.body),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: (text === '' ? undefined : JSON.parse(text)) as Of<R, 'output'>,
      headers: response.headers,
    };
  }

  async call<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
    route: Route<P, Q, B, R>,
    options: CallOptions<Of<P, 'input'>, Partial<Of<Q, 'input'>>, Of<B, 'input'>> = {},
  ): Promise<Of<R, 'output'>> {
    const answer = await this.attempt(route, options);
    if (answer.status >= 400)
      throw new Error(`${route.method} ${route.path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  #url(route: Route, params: unknown, query: unknown): string {
    const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) =>
      encodeURIComponent(String((params as Record<string, unknown>)[name])),
    );
    const url = new URL(`/api/v1${path}`, this.baseUrl);
    for (const [name, value] of Object.entries((query ?? {}) as Record<string, unknown>))
      if (value !== undefined) url.searchParams.set(name, String(value));
    return url.toString();
  }
}
