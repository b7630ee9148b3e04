import { type ProblemCode, problems } from '@muster/contracts/problem';

export interface Fault {
  /** JSON pointer into the request seen as one document: `/body/…`, `/query/…` or `/params/…`. */
  pointer: string;
  message: string;
}

/**
 * The caller's fault, said with a stable code. Throw it from a service; the filter renders RFC 9457.
 * `facts` are public: numbers and names the caller may see, never row contents of others.
 */
export class Refusal extends Error {
  readonly status: number;

  constructor(
    readonly code: ProblemCode,
    readonly detail?: string,
    readonly facts?: Record<string, unknown>,
    readonly faults?: readonly Fault[],
    /** Headers the answer must carry. */
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail ?? problems[code][1]);
    this.name = 'Refusal';
    this.status = problems[code][0];
  }

  /** A `not_found` about a thing by its noun, e.g. `Refusal.notFound('device', id)`. */
  static notFound(noun: string, id?: string): Refusal {
    return new Refusal('not_found', `There is no such ${noun}.`, id === undefined ? undefined : { [`${noun}Id`]: id });
  }

  /** The answer to a stale If-Match: says which version is current, so that the caller can read and merge. */
  static stale(currentVersion?: number): Refusal {
    return new Refusal('precondition_failed', undefined, currentVersion === undefined ? undefined : { currentVersion });
  }

  /** Too many of something; the caller may come again after `retryAfterS` seconds (RFC 9110 10.2.3). */
  static tooMany(what: string, retryAfterS: number): Refusal {
    const headers = { 'retry-after': String(retryAfterS) };
    return new Refusal('rate_limited', `Too many ${what}.`, { retryAfterS }, undefined, headers);
  }

  /** The path is known and offers only these methods (RFC 9110 15.5.6). */
  static methodNotAllowed(methods: readonly string[]): Refusal {
    return new Refusal('method_not_allowed', undefined, { methods }, undefined, { allow: methods.join(', ') });
  }
}
