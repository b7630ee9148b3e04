import { Module } from '@nestjs/common';
import { AskRenewals } from './ask-renewals.js';
import { SpreadBundle } from './spread-bundle.js';
import { TrustCourier } from './trust-courier.js';

/** What devices are told to trust. */
@Module({
  providers: [AskRenewals, SpreadBundle, TrustCourier],
  exports: [AskRenewals, SpreadBundle, TrustCourier],
})
export class TrustModule {}
