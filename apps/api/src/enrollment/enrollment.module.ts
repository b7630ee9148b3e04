import { Module } from '@nestjs/common';
import { EnrollmentController } from './enrollment.controller.js';
import { TokensService } from './tokens.service.js';

/** Enrolment as people see it. Needs an `IdentityDoor` from the process. */
@Module({
  controllers: [EnrollmentController],
  providers: [TokensService],
})
export class EnrollmentModule {}
