import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { AnswerInterceptor } from './answer.interceptor.js';
import { DoorGuard } from './door.guard.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { ProblemFilter } from './problem.filter.js';

/** The door every people-facing slice stands behind. It needs a `PrincipalSource` and an `IdempotencyLedger`, which access provides, and `RateLimits`. */
@Module({
  providers: [
    { provide: APP_GUARD, useClass: DoorGuard },
    // The first is the outermost: what is kept for a repeated request is the finished answer.
    { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
    { provide: APP_INTERCEPTOR, useClass: AnswerInterceptor },
    { provide: APP_FILTER, useClass: ProblemFilter },
  ],
})
export class HttpModule {}
