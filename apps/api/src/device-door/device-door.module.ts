import { Global, Module } from '@nestjs/common';
import { CrlPublisher } from '../certificates/crl-publisher.js';
import { EnrollAnswers } from '../certificates/enroll-answer.js';
import { EnrollService } from '../enrollment/enroll.service.js';
import { RefusalLedger } from '../enrollment/refusal-ledger.js';
import { RenewService } from '../enrollment/renew.service.js';
import { RenewalInfoService } from '../enrollment/renewal-info.service.js';
import { DeviceIdentity } from './device-identity.js';
import { EnrollController } from './enroll.controller.js';
import { RenewalController } from './renewal.controller.js';

/** Enrolment, renewal and revocation lists as devices use them, and who a device is for every slice of the door. */
@Global()
@Module({
  controllers: [EnrollController, RenewalController],
  providers: [
    EnrollService,
    RenewService,
    RenewalInfoService,
    EnrollAnswers,
    RefusalLedger,
    CrlPublisher,
    DeviceIdentity,
  ],
  exports: [DeviceIdentity],
})
export class DeviceDoorModule {}
