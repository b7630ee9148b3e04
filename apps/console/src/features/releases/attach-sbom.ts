import { putSbom } from '@muster/contracts/releases/releases.routes';
import type { Release } from '@muster/contracts/releases/releases.schema';
import { urlFor } from '../../api/call.js';
import { foreignAnswer, ProblemError, unreachable } from '../../api/problem-error.js';

/** Attaches a file as it is: its digest is signed, so it may not be read and written again on the way. */
export const attachSbom = async (releaseId: string, file: Blob): Promise<Release> => {
  const response = await fetch(urlFor(putSbom.path, { releaseId }), {
    method: putSbom.method,
    credentials: 'same-origin',
    headers: { 'content-type': 'application/json' },
    body: file,
  }).catch(() => {
    throw new ProblemError(unreachable());
  });
  const body = (await response.json().catch(() => null)) as never;
  if (!response.ok) throw new ProblemError(body ?? foreignAnswer(response.status, null));
  return body;
};
