import { type Problem, type ProblemCode, problems } from '@muster/contracts/problem';
import { isTransient } from '@muster/persistence/failures';
import { ContentDamaged } from '@muster/persistence/releases/artifact-storage/content-damaged';
import { StorageAway } from '@muster/persistence/releases/artifact-storage/storage-away';
import { SignerAway } from '@muster/pki/keys/key-store';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import './door-metrics.js';
import { absenceOf } from './known-paths.js';
import { LOG, type Log } from './log.js';
import { Refusal } from './refusal.js';

/** Renders every failure as RFC 9457. A bug of ours is logged with its stack and leaves no detail. */
@Injectable()
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(LOG) private readonly log: Log) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const unrouted = request.is404 && !(error instanceof Refusal);
    const refusal = unrouted ? absenceOf(request) : toRefusal(error);
    if (refusal.code === 'internal') this.log.error({ requestId: request.id, err: error }, 'request failed');
    if (error instanceof ContentDamaged)
      this.log.error({ requestId: request.id, err: error }, 'a stored artifact is damaged');
    else if (refusal.code === 'unavailable' || refusal.code === 'signer_unavailable')
      this.log.warn({ requestId: request.id, err: error }, 'a part is away');
    answerRefusal(refusal, request, reply);
  }
}

/** Answers with the problem and leaves its code where the door counts it. */
export const answerRefusal = (refusal: Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  request.refusedWith = refusal.code;
  if (reply.sent) return reply;
  if (refusal.status === 401) reply.header('www-authenticate', 'Bearer realm="muster"');
  if (refusal.status === 503) reply.header('retry-after', '2');
  return reply
    .status(refusal.status)
    .headers(refusal.headers)
    .header('content-type', 'application/problem+json')
    .send(JSON.stringify(problemOf(refusal, request)));
};

const RETRYABLE: ReadonlySet<ProblemCode> = new Set([
  'unavailable',
  'signer_unavailable',
  'rate_limited',
  'idempotency_in_progress',
  'internal',
]);

const problemOf = (refusal: Refusal, request: { id: string; url: string }): Problem => ({
  type: `/problems/${refusal.code}`,
  title: problems[refusal.code][1],
  status: refusal.status,
  code: refusal.code,
  detail: refusal.detail,
  // The query is left out: it may hold a one-time token.
  instance: request.url.split('?', 1)[0],
  requestId: request.id,
  retryable: RETRYABLE.has(refusal.code),
  errors: refusal.faults ? [...refusal.faults] : undefined,
  facts: refusal.facts,
});

/** Everything that can be thrown, as one of the three kinds: refused, unavailable, bug. */
export const toRefusal = (error: unknown): Refusal => {
  if (error instanceof Refusal) return error;
  if (error instanceof ContentDamaged) return new Refusal(error.code, error.message);
  if (error instanceof SignerAway) return new Refusal('signer_unavailable');
  if (error instanceof StorageAway) return new Refusal('unavailable', error.message);
  const { code, statusCode } = (error ?? {}) as { code?: string; statusCode?: number };
  const status = error instanceof HttpException ? error.getStatus() : statusCode;
  if (code !== undefined && code in FASTIFY) return new Refusal(FASTIFY[code]!);
  // The database was away, or two transactions collided: asking again is harmless.
  if (isTransient(error)) return new Refusal('unavailable');
  if (status === 404) return new Refusal('not_found');
  if (status === 413) return new Refusal('payload_too_large');
  if (status === 415) return new Refusal('unsupported_media_type');
  if (status !== undefined && status >= 400 && status < 500) return new Refusal('malformed_json');
  return new Refusal('internal');
};

const FASTIFY: Record<string, ProblemCode> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_json',
};
