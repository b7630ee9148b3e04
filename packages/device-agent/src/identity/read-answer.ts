import { PendingAnswer } from '@muster/contracts/enrollment/approvals.schema';
import { EnrollAnswer } from '@muster/contracts/enrollment/enrollment.schema';
import type { HttpAnswer } from '../ports/net.js';
import { readText } from '../ports/net.js';

/** The server said no; trying again with the same input would end the same way. */
export class EnrollmentRefused extends Error {
  constructor(
    readonly code: string,
    detail: string,
    /** What the server adds in numbers and names. */
    readonly facts: Record<string, unknown> = {},
  ) {
    super(detail);
  }
}

/** Not now: time or an operator cures it. */
export class Unavailable extends Error {
  constructor(
    detail: string,
    /** The server named when to come again, in milliseconds from now. */
    readonly retryAfterMs: number | null,
  ) {
    super(detail);
  }
}

/** A person decides; the same request is asked again then. */
export class EnrollmentPending extends Unavailable {
  constructor(
    readonly approvalId: string,
    override readonly retryAfterMs: number,
  ) {
    super('a person has to let this device in', retryAfterMs);
  }
}

const WAIT_UNTOLD_MS = 60_000;

/**
 * Reads an enrolment or renewal answer.
 * @throws EnrollmentPending for 202, Unavailable for 429 and 5xx, EnrollmentRefused for any other 4xx
 */
export async function readGrant(answer: HttpAnswer): Promise<EnrollAnswer> {
  const text = await readText(answer);
  if (answer.status === 200 || answer.status === 201) return EnrollAnswer.parse(JSON.parse(text));
  if (answer.status === 202) {
    const { approvalId, retryAfterS } = PendingAnswer.parse(JSON.parse(text));
    throw new EnrollmentPending(approvalId, retryAfterOf(answer) ?? retryAfterS * 1000);
  }
  throw faultOf(answer, text);
}

/** What an answer other than the wanted one means. */
export function faultOf(answer: HttpAnswer, text: string): Error {
  const { status } = answer;
  const { code = `http_${status}`, detail, title, facts } = problemIn(text);
  const says = detail ?? title ?? `the server answered ${status}`;
  if (status === 429 || status >= 500) return new Unavailable(says, retryAfterOf(answer));
  if (status >= 400) return new EnrollmentRefused(code, says, facts);
  return new Unavailable(says, retryAfterOf(answer) ?? WAIT_UNTOLD_MS);
}

/** Retry-After in seconds or as a date (RFC 9110 10.2.3), in milliseconds; a date counts from the server's own. */
export function retryAfterOf({ headers }: HttpAnswer): number | null {
  const told = headers['retry-after']?.trim();
  if (!told) return null;
  if (/^\d{1,9}$/.test(told)) return Number(told) * 1000;
  const ms = Date.parse(told) - Date.parse(headers.date ?? '');
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

/** The moment of an answer as its server has it (RFC 9110 6.6.1); null where it does not say. */
export function dateOf({ headers }: HttpAnswer): Date | null {
  const date = new Date(headers.date ?? '');
  return Number.isNaN(date.getTime()) ? null : date;
}

function problemIn(text: string): { code?: string; title?: string; detail?: string; facts?: Record<string, unknown> } {
  try {
    return JSON.parse(text) as { code?: string };
  } catch {
    return {};
  }
}
