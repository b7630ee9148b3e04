import { Database } from '@muster/persistence/database';
import { Global, Module } from '@nestjs/common';
import { CrlPublisher } from '../certificates/crl-publisher.js';
import { EnrollAnswers } from '../certificates/enroll-answer.js';
import { EnrollService } from '../enrollment/enroll.service.js';
import { EnrollmentGate } from '../enrollment/enrollment-gate.js';
import { EnrollmentLimits } from '../enrollment/enrollment-limits.js';
import { EnrollmentTally } from '../enrollment/enrollment-tally.js';
import { EstModule } from '../enrollment/est/est.module.js';
import { IssuingLanes } from '../enrollment/issuing-lanes.js';
import { RefusalLedger } from '../enrollment/refusal-ledger.js';
import { RenewService } from '../enrollment/renew.service.js';
import { RenewalInfoService } from '../enrollment/renewal-info.service.js';
import { TrustedIssuers } from '../enrollment/trusted-issuers.js';
import { WaysIn } from '../enrollment/ways-in.js';
import { DeviceIdentity } from './device-identity.js';
import { EnrollController } from './enroll.controller.js';
import { RenewalController } from './renewal.controller.js';

/** Enrolment, renewal and revocation lists as devices use them, and who a device is for every slice of the door. */
@Global()
@Module({
  imports: [EstModule],
  controllers: [EnrollController, RenewalController],
  providers: [
    EnrollService,
    EnrollmentGate,
    EnrollmentLimits,
    EnrollmentTally,
    TrustedIssuers,
    { provide: IssuingLanes, useFactory: ({ poolMax }: Database) => IssuingLanes.of(poolMax), inject: [Database] },
    WaysIn,
    RenewService,
    RenewalInfoService,
    EnrollAnswers,
    RefusalLedger,
    CrlPublisher,
    DeviceIdentity,
  ],
  exports: [DeviceIdentity, EnrollService, EnrollmentLimits, RenewService, RenewalInfoService, CrlPublisher],
})
export class DeviceDoorModule {}
