import { signInByLink } from '@muster/contracts/access/access.routes';
import type { Route, RouteAnswer, RouteRequest } from '@muster/contracts/route';

export interface CallOptions<T extends Route> {
  readonly params?: RouteRequest<T>['params'];
  readonly query?: Partial<RouteRequest<T>['query']>;
  readonly body?: RouteRequest<T>['body'];
  /** Raw content instead of JSON. */
  readonly content?: Uint8Array;
  /** Version for If-Match. */
  readonly match?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer<R> {
  readonly status: number;
  readonly body: R;
  readonly headers: Headers;
}

/** Calls the application API as a client outside would: over HTTP, by the published routes. */
export class ApiClient {
  private constructor(
    readonly baseUrl: string,
    private readonly credentials: Readonly<Record<string, string>>,
  ) {}

  static withKey(baseUrl: string, key: string): ApiClient {
    return new ApiClient(baseUrl, { authorization: `Bearer ${key}` });
  }

  /** As a person would: the one-time link gives a session. */
  static async signIn(baseUrl: string, link: string): Promise<ApiClient> {
    const token = new URL(link).searchParams.get('token');
    const answer = await fetch(`${baseUrl}/api/v1${signInByLink.path}`, {
      method: signInByLink.method,
      headers: { 'content-type': 'application/json', origin: baseUrl },
      body: JSON.stringify({ token }),
    });
    const cookie = answer.headers.getSetCookie()[0]?.split(';')[0];
    if (!cookie) throw new Error(`signing in answered ${answer.status}: ${await answer.text()}`);
    return new ApiClient(baseUrl, { cookie, origin: baseUrl });
  }

  /** The answer whatever its status; `call` is for when only success will do. */
  async attempt<T extends Route>(route: T, options: CallOptions<T> = {}): Promise<Answer<RouteAnswer<T>>> {
    const { body, content, match } = options;
    const type = content ? 'application/octet-stream' : body === undefined ? null : 'application/json';
    const response = await fetch(this.#url(route, options.params, options.query), {
      method: route.method,
      headers: {
        ...this.credentials,
        ...(type === null ? {} : { 'content-type': type }),
        ...(match === undefined ? {} : { 'if-match': `"${match}"` }),
        ...options.headers,
      },
      body: content ? Buffer.from(content) : body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: (text === '' ? undefined : JSON.parse(text)) as RouteAnswer<T>,
      headers: response.headers,
    };
  }

  /** @throws with the problem's text on any refusal. */
  async call<T extends Route>(route: T, options: CallOptions<T> = {}): Promise<RouteAnswer<T>> {
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
