import { Module } from '@nestjs/common';
import { CaCertificatesService } from './ca-certificates.service.js';
import { EstController } from './est.controller.js';
import { EstClaims } from './est-claims.service.js';
import { EstEnrollController } from './est-enroll.controller.js';

/** Enrolment over Secure Transport (RFC 7030, 8951) at the device door. */
@Module({
  controllers: [EstController, EstEnrollController],
  providers: [CaCertificatesService, EstClaims],
})
export class EstModule {}
