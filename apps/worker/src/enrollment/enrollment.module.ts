import { Module } from '@nestjs/common';
import { CertificateSweep } from './certificate-sweep.js';
import { CertificatesProcessor } from './certificates.processor.js';
import { SessionCutter } from './session-cutter.js';
import { TrustCourier } from './trust-courier.js';
import { TrustReportConsumer } from './trust-report.consumer.js';

/** Certificates after their transaction: sessions cut, trust told, time's toll. */
@Module({
  controllers: [TrustReportConsumer],
  providers: [CertificatesProcessor, SessionCutter, TrustCourier, CertificateSweep],
})
export class EnrollmentModule {}
