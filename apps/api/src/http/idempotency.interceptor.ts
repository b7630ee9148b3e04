import { createHash } from 'node:crypto';
import type { Route } from '@muster/contracts/route';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { routeOf } from './call.js';
import { successStatus } from './endpoint.js';
import type { Principal } from './principal.js';
import { Refusal } from './refusal.js';

export interface IdempotentRequest {
  readonly principal: Principal;
  readonly key: string;
  /** Method, address and body; the same key with another hash is a mistake of the caller. */
  readonly requestHash: string;
}
export interface KeptAnswer {
  readonly body: unknown;
  readonly etag: string | null;
}

/** Remembers answers by Idempotency-Key. The access slice provides it. */
export abstract class IdempotencyLedger {
  /** Takes the key, or gives the answer kept under it. Refuses `idempotency_in_progress` and `idempotency_key_reused`. */
  abstract claim(request: IdempotentRequest): Promise<KeptAnswer | null>;
  abstract keep(request: IdempotentRequest, status: number, answer: KeptAnswer): Promise<void>;
  abstract release(request: IdempotentRequest): Promise<void>;
}

const KEY = /^[\x21-\x7e]{1,255}$/;

/** Answers a repeated create with what the first one was answered, for routes that say `idempotent: true`. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(private readonly ledger: IdempotencyLedger) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const route = routeOf(context);
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const key = request.headers['idempotency-key'];
    if (!route?.idempotent || key === undefined || !request.principal) return next.handle();
    if (typeof key !== 'string' || !KEY.test(key)) {
      throw new Refusal('validation_failed', 'Idempotency-Key must be 1 to 255 visible ASCII characters.');
    }
    const claimed = { principal: request.principal, key, requestHash: hashOf(request) };
    return from(this.answer(claimed, route, context.switchToHttp().getResponse<FastifyReply>(), next));
  }

  private async answer(request: IdempotentRequest, route: Route, reply: FastifyReply, next: CallHandler) {
    const kept = await this.ledger.claim(request);
    if (kept) {
      reply.header('idempotent-replayed', 'true');
      if (kept.etag !== null) reply.header('etag', kept.etag);
      return kept.body;
    }
    let body: unknown;
    try {
      body = await lastValueFrom(next.handle());
    } catch (error) {
      await this.ledger.release(request);
      throw error;
    }
    const etag = reply.getHeader('etag');
    await this.ledger.keep(request, successStatus(route), { body, etag: typeof etag === 'string' ? etag : null });
    return body;
  }
}

const hashOf = (request: FastifyRequest): string =>
  createHash('sha256')
    .update(JSON.stringify([request.method, request.url, request.body ?? null]))
    .digest('hex');
