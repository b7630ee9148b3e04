import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { AnswerInterceptor } from './answer.interceptor.js';
import { DoorGuard } from './door.guard.js';
import { ProblemFilter } from './problem.filter.js';

/** The door every people-facing slice stands behind. It needs a `PrincipalSource`, which access provides. */
@Module({
  providers: [
    { provide: APP_GUARD, useClass: DoorGuard },
    { provide: APP_INTERCEPTOR, useClass: AnswerInterceptor },
    { provide: APP_FILTER, useClass: ProblemFilter },
  ],
})
export class HttpModule {}
