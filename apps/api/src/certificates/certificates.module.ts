import { Module } from '@nestjs/common';
import { CertificatesController } from './certificates.controller.js';
import { CertificatesService } from './certificates.service.js';
import { CrlController } from './crl.controller.js';
import { CrlPublisher } from './crl-publisher.js';

/** Certificates of devices as people see them, and revocation lists. Needs an `IdentityDoor` from the process. */
@Module({
  controllers: [CertificatesController, CrlController],
  providers: [CertificatesService, CrlPublisher],
})
export class CertificatesModule {}
