import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  StreamableFile,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';
import { routeOf } from './call.js';
import { Tagged } from './endpoint.js';

/**
 * Turns what a handler returned into the answer: ETag from its version, body through the route's `returns` schema.
 * A body that breaks its own schema is a bug of ours and answers 500. Streams and hijacked replies pass untouched.
 */
@Injectable()
export class AnswerInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const route = routeOf(context);
    if (!route) return next.handle();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      map((answer: unknown) => {
        if (answer instanceof StreamableFile || reply.sent) return answer;
        if (answer instanceof Tagged) reply.header('etag', `"${answer.version}"`);
        const body = answer instanceof Tagged ? answer.resource : answer;
        return route.returns?.parse(body);
      }),
    );
  }
}
