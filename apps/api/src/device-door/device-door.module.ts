import { Module } from '@nestjs/common';
import { CrlPublisher } from '../enrollment/crl-publisher.js';
import { EnrollService } from '../enrollment/enroll.service.js';
import { EnrollAnswers } from '../enrollment/enroll-answer.js';
import { RefusalLedger } from '../enrollment/refusal-ledger.js';
import { RenewService } from '../enrollment/renew.service.js';
import { EnrollController } from './enroll.controller.js';

/** Enrolment, renewal and revocation lists as devices use them. */
@Module({
  controllers: [EnrollController],
  providers: [EnrollService, RenewService, EnrollAnswers, RefusalLedger, CrlPublisher],
})
export class DeviceDoorModule {}
