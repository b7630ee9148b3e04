import { Module } from '@nestjs/common';
import { TrustModule } from '../trust/trust.module.js';
import { CertificateSweep } from './certificate-sweep.js';
import { CertificatesProcessor } from './certificates.processor.js';
import { RefusalProver } from './refusal-prover.js';
import { RevocationListener } from './revocation-listener.js';
import { SessionCutter } from './session-cutter.js';
import { TrustReportConsumer } from './trust-report.consumer.js';

/** Certificates after their transaction: sessions cut, time's toll. */
@Module({
  imports: [TrustModule],
  controllers: [TrustReportConsumer],
  providers: [CertificatesProcessor, SessionCutter, RefusalProver, RevocationListener, CertificateSweep],
})
export class CertificatesModule {}
