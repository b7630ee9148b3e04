import type { Problem, ProblemCode } from '@muster/contracts/problem';

/** A refused or failed request, carrying the server's problem document (RFC 9457) or one we made up for the network. */
export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'ProblemError';
  }

  get code(): ProblemCode {
    return this.problem.code;
  }
}

/** The server did not answer at all: nothing is known about whether the request took effect. */
export const unreachable = (): Problem => ({
  type: 'about:blank',
  title: 'The control plane does not answer',
  status: 0,
  code: 'unavailable',
  detail: 'The page stays usable with what it last read, and reconnects by itself.',
  retryable: true,
});

/** What an answer without a problem document becomes, for example a proxy's own error page. */
export const foreignAnswer = (status: number, requestId: string | null): Problem => ({
  type: 'about:blank',
  title: `The control plane answered ${status}`,
  status,
  code: status === 503 || status === 502 ? 'unavailable' : 'internal',
  ...(requestId ? { requestId } : {}),
  retryable: status >= 500,
});

export const asProblem = (error: unknown): Problem =>
  error instanceof ProblemError
    ? error.problem
    : {
        type: 'about:blank',
        title: 'The console has a fault',
        status: 0,
        code: 'internal',
        detail: error instanceof Error ? error.message : String(error),
        retryable: false,
      };
