import { Module } from '@nestjs/common';
import { CertificatesController } from './certificates.controller.js';
import { CertificatesService } from './certificates.service.js';
import { CrlController } from './crl.controller.js';
import { CrlPublisher } from './crl-publisher.js';
import { OcspController } from './ocsp.controller.js';
import { OcspService } from './ocsp.service.js';

/** Certificates of devices as people see them, revocation lists and answers. Needs an `IdentityDoor` from the process. */
@Module({
  controllers: [CertificatesController, CrlController, OcspController],
  providers: [CertificatesService, CrlPublisher, OcspService],
})
export class CertificatesModule {}
