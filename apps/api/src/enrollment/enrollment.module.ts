import { Module } from '@nestjs/common';
import { CertificatesService } from './certificates.service.js';
import { CrlController } from './crl.controller.js';
import { CrlPublisher } from './crl-publisher.js';
import { EnrollmentController } from './enrollment.controller.js';
import { TokensService } from './tokens.service.js';

/** Enrolment as people see it. Needs an `IdentityDoor` from the process. */
@Module({
  controllers: [EnrollmentController, CrlController],
  providers: [TokensService, CertificatesService, CrlPublisher],
})
export class EnrollmentModule {}
