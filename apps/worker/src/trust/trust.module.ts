import { Module } from '@nestjs/common';
import { TrustCourier } from './trust-courier.js';

/** What devices are told to trust. */
@Module({
  providers: [TrustCourier],
  exports: [TrustCourier],
})
export class TrustModule {}
