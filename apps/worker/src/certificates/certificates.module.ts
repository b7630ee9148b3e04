import { Module } from '@nestjs/common';
import { TrustModule } from '../trust/trust.module.js';
import { CertificateSweep } from './certificate-sweep.js';
import { CertificatesProcessor } from './certificates.processor.js';
import { SessionCutter } from './session-cutter.js';
import { TrustReportConsumer } from './trust-report.consumer.js';

/** Certificates after their transaction: sessions cut, time's toll. */
@Module({
  imports: [TrustModule],
  controllers: [TrustReportConsumer],
  providers: [CertificatesProcessor, SessionCutter, CertificateSweep],
})
export class CertificatesModule {}
